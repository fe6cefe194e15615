"""Since when a number may be somebody else's."""

from alembic import op

revision: str = "202611291842"
down_revision: str | None = "202611291830"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN phone_doubted_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN phone_doubted_at")
