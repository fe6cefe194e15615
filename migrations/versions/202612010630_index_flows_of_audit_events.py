"""Where a person was in a sign-up is found by an index when the account is deleted, also among
millions of events.
"""

from alembic import op

from app.adapters.concurrent_indexes import create_index_concurrently

revision: str = "202612010630"
down_revision: str | None = "202612010621"


def upgrade() -> None:
    # By hash: half the size of a tree, and only ever asked for one flow or a few.
    create_index_concurrently("ix_audit_events_flow_id", "audit_events USING hash (flow_id)")


def downgrade() -> None:
    op.execute("DROP INDEX ix_audit_events_flow_id")
