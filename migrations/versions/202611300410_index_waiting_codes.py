"""Codes that are due are found without looking at the notices that are, however many there are."""

from alembic import op

revision: str = "202611300410"
down_revision: str | None = "202611300330"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_deliveries_codes ON deliveries (next_try_at)"
        " WHERE state IN ('queued', 'sending') AND address <> ''"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_deliveries_codes")
