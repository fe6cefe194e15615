"""Which request asked for a message, so that the log of one leads to the log of the other."""

from alembic import op

revision: str = "202612010610"
down_revision: str | None = "202612010540"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN request_id text")


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP COLUMN request_id")
