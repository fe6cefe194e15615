"""Where the last guess at a code came from, so that one address uses up no contact's guesses."""

from alembic import op

revision: str = "202611291830"
down_revision: str | None = "202611291823"

TABLES = ("phone_verifications", "email_verifications")


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ADD COLUMN guessed_from text DEFAULT '' NOT NULL")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} DROP COLUMN guessed_from")
