"""Whose the guesses at a code are, and which were made, so that the same one counts once."""

from alembic import op

revision: str = "202611291733"
down_revision: str | None = "202611291732"

TABLES = ("phone_verifications", "email_verifications")
ADD = """
ALTER TABLE {table} ADD COLUMN guessed_by text DEFAULT '' NOT NULL,
  ADD COLUMN tried text[] DEFAULT '{{}}' NOT NULL
"""


def upgrade() -> None:
    for table in TABLES:
        op.execute(ADD.format(table=table))


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN guessed_by, DROP COLUMN tried")
