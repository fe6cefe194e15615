"""What has expired is found each hour without reading all of the trail."""

from alembic import op

revision: str = "202611291715"
down_revision: str | None = "202611291705"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_audit_events_at ON audit_events USING brin (at)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_audit_events_at")
