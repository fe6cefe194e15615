"""All audit events of this month and the next come before a bound, which gets a partition. In a
transaction of its own: who writes both tables takes their locks in another order.
"""

from alembic import op

revision: str = "202612011130"
down_revision: str | None = "202612011129"

# As of messages.
BOUND = """
DO $$ BEGIN
  EXECUTE format(
    'ALTER TABLE audit_events ADD CONSTRAINT ck_audit_events_until CHECK (at < %L) NOT VALID',
    (date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC') + interval '2 months')
      AT TIME ZONE 'UTC');
END $$
"""


def upgrade() -> None:
    op.execute(BOUND)


def downgrade() -> None:
    op.execute("ALTER TABLE audit_events DROP CONSTRAINT ck_audit_events_until")
