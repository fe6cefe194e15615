"""Codes that wait are found in the order in which they expire."""

from alembic import op

revision: str = "202612010230"
down_revision: str | None = "202612010207"

ORDER = "channel, expires_at, next_try_at"
CODES = "WHERE state IN ('queued', 'sending') AND address <> ''"


def upgrade() -> None:
    """Only what waits is in it: it takes no time."""
    op.execute("DROP INDEX ix_deliveries_codes")
    op.execute(f"CREATE INDEX ix_deliveries_deadline ON deliveries ({ORDER}) {CODES}")


def downgrade() -> None:
    op.execute("DROP INDEX ix_deliveries_deadline")
    op.execute(f"CREATE INDEX ix_deliveries_codes ON deliveries (next_try_at) {CODES}")
