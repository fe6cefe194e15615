"""When a password was set by a recovery."""

from alembic import op

revision: str = "202611291816"
down_revision: str | None = "202611291752"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN password_reset_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN password_reset_at")
