"""Events that are about no person: a share of the day's budget of texts was reached."""

from alembic import op

revision: str = "202612010251"
down_revision: str | None = "202612010250"

# With the rights of the owner, as that of the other events.
ADD = """
CREATE FUNCTION add_budget_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  event uuid := gen_random_uuid();
BEGIN
  INSERT INTO {schema}.events (id, service, type, details, expires_at)
  SELECT event, service, 'sms.budget_reached', jsonb_build_object(
    'percent', NEW.percent, 'day', NEW.day, 'currency', NEW.currency,
    'spent', round(NEW.spent / 1000000.0, 2)::text, 'budget', round(NEW.budget / 1000000.0, 2)::text
  ), clock_timestamp() + interval '3 days'
  FROM {schema}.event_receivers WHERE 'sms.budget_reached' = ANY (events);
  RETURN NULL;
END $$
"""


def upgrade() -> None:
    schema = op.get_bind().exec_driver_sql("SELECT quote_ident(current_schema())").scalar_one()
    op.execute("ALTER TABLE events ALTER COLUMN user_id DROP NOT NULL")
    op.execute(ADD.replace("{schema}", schema))
    op.execute(
        "CREATE TRIGGER tell_of_budget AFTER INSERT ON text_warnings FOR EACH ROW"
        " EXECUTE FUNCTION add_budget_event()"
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION add_budget_event CASCADE")
    op.execute("DELETE FROM events WHERE user_id IS NULL")
    op.execute("ALTER TABLE events ALTER COLUMN user_id SET NOT NULL")
