"""Published prices are history: only the transaction that begins a version writes it."""

from alembic import op

revision: str = "202611281327"
down_revision: str | None = "202611281326"

# xmin is the transaction that wrote a row. No row of `catalogues` is ever updated by another one,
# so for a version that is the transaction that began it.
HISTORY = """
CREATE FUNCTION published_prices_are_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' OR EXISTS (
    SELECT 1 FROM catalogues
    WHERE version IN (OLD.version, NEW.version) AND xmin <> pg_current_xact_id()::xid
  ) THEN
    RAISE EXCEPTION 'published prices are history' USING ERRCODE = 'check_violation';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$
"""
TABLES = ("catalogues", "plans", "features", "plan_features", "prices")
ROWS = """
CREATE TRIGGER {table}_are_history BEFORE INSERT OR UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION published_prices_are_history()
"""
ALL = """
CREATE TRIGGER {table}_are_not_emptied BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION published_prices_are_history()
"""


def upgrade() -> None:
    op.execute(HISTORY)
    for table in TABLES:
        op.execute(ROWS.format(table=table))
        op.execute(ALL.format(table=table))


def downgrade() -> None:
    op.execute("DROP FUNCTION published_prices_are_history CASCADE")
