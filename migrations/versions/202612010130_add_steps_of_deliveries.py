"""What became of a message, try by try and receipt by receipt; one may be taken back."""

from alembic import op

revision: str = "202612010130"
down_revision: str | None = "202611302255"

STATES = "'queued', 'sending', 'sent', 'delivered', 'refused', 'failed', 'expired'"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE deliveries ADD COLUMN sent_at timestamptz,"
        " ADD COLUMN steps jsonb NOT NULL DEFAULT '[]'"
    )
    _allow(f"{STATES}, 'cancelled'")


def downgrade() -> None:
    op.execute("UPDATE deliveries SET state = 'failed' WHERE state = 'cancelled'")
    _allow(STATES)
    op.execute("ALTER TABLE deliveries DROP COLUMN sent_at, DROP COLUMN steps")


def _allow(states: str) -> None:
    """Reads the table, of one month's messages, while sends wait."""
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT ck_deliveries_state_is_known")
    op.execute(
        "ALTER TABLE deliveries ADD CONSTRAINT ck_deliveries_state_is_known"
        f" CHECK (state IN ({states}))"
    )
