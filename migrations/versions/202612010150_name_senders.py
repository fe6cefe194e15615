"""Which of several senders a message was given to: that one is asked about it, and tells of it."""

from alembic import op

revision: str = "202612010150"
down_revision: str | None = "202612010140"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN sender text")


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP COLUMN sender")
