"""What was proved in a region in two weeks is found without reading what was in all of them."""

from alembic import op

from app.adapters.concurrent_indexes import create_index_concurrently

revision: str = "202612010635"
down_revision: str | None = "202612010630"


def upgrade() -> None:
    create_index_concurrently("ix_send_counts_region", "send_counts (region, channel, slot)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_send_counts_region")
