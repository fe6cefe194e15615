"""Wrong codes of the time before an owner's sign-in count on for the address they came from."""

from alembic import op

revision: str = "202611300026"
down_revision: str | None = "202611300018"

VERIFICATIONS = ("phone_verifications", "email_verifications")


def upgrade() -> None:
    for table in VERIFICATIONS:
        op.execute(f"ALTER TABLE {table} ADD COLUMN forgiven boolean DEFAULT false NOT NULL")
    op.execute("ALTER TABLE contact_failures ADD COLUMN forgiven integer DEFAULT 0 NOT NULL")


def downgrade() -> None:
    op.execute("DELETE FROM contact_failures WHERE forgiven = in_a_row")
    op.execute("ALTER TABLE contact_failures DROP COLUMN forgiven")
    for table in VERIFICATIONS:
        op.execute(f"ALTER TABLE {table} DROP COLUMN forgiven")
