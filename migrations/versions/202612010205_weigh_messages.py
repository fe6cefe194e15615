"""How many texts a message counts as, which is more than one for a call."""

from alembic import op

revision: str = "202612010205"
down_revision: str | None = "202612010162"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN weight smallint NOT NULL DEFAULT 1")


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP COLUMN weight")
