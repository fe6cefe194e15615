"""Since when a session is one that was confirmed without the phone."""

from alembic import op

revision: str = "202611291739"
down_revision: str | None = "202611291734"


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN without_phone_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP COLUMN without_phone_at")
