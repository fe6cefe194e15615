"""What was sent in ten minutes, counted once: the budgets of regions read two weeks of it."""

from alembic import op

revision: str = "202612010161"
down_revision: str | None = "202612010160"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE send_counts (
  channel text NOT NULL,
  region text NOT NULL,
  room text NOT NULL,
  slot timestamptz NOT NULL,
  sent integer NOT NULL,
  proved integer NOT NULL,
  CONSTRAINT pk_send_counts PRIMARY KEY (slot, channel, region, room)
)
"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE send_counts")
