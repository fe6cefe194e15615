"""A number that was in doubt when it was replaced is in doubt again when it is put back."""

from alembic import op

revision: str = "202611300330"
down_revision: str | None = "202611300026"


def upgrade() -> None:
    op.execute("ALTER TABLE contact_changes ADD COLUMN old_doubted_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE contact_changes DROP COLUMN old_doubted_at")
