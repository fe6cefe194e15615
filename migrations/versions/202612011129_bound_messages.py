"""All messages of this month and the next come before a bound, which gets a partition."""

from alembic import op

revision: str = "202612011129"
down_revision: str | None = "202612010635"

# Not valid, as that takes a lock for a moment alone: a later revision looks at all rows. What is
# written now comes before it for a month at least, and the migration goes on within seconds.
BOUND = """
DO $$ BEGIN
  EXECUTE format(
    'ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_until CHECK (created_at < %L) NOT VALID',
    (date_trunc('month', statement_timestamp() AT TIME ZONE 'UTC') + interval '2 months')
      AT TIME ZONE 'UTC');
END $$
"""


def upgrade() -> None:
    op.execute(BOUND)


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT ck_deliveries_until")
