"""What was proved in a region in two weeks is found without reading what was in all of them."""

from alembic import op

revision: str = "202612010635"
down_revision: str | None = "202612010630"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_send_counts_region ON send_counts (region, channel, slot)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_send_counts_region")
