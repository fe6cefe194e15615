"""The bounds hold for all rows. That reads them all, while others read and write on."""

from alembic import op

revision: str = "202612011131"
down_revision: str | None = "202612011130"

VALID = "ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_until"
# There is no way to make one invalid again but to take it away and add it.
NOT_VALID = """
DO $$
DECLARE
  bound text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
                 WHERE conrelid = '{table}'::regclass AND conname = 'ck_{table}_until');
BEGIN
  ALTER TABLE {table} DROP CONSTRAINT ck_{table}_until;
  EXECUTE 'ALTER TABLE {table} ADD CONSTRAINT ck_{table}_until ' || bound || ' NOT VALID';
END $$
"""
TABLES = ("deliveries", "audit_events")


def upgrade() -> None:
    for table in TABLES:
        op.execute(VALID.format(table=table))


def downgrade() -> None:
    for table in TABLES:
        op.execute(NOT_VALID.format(table=table))
