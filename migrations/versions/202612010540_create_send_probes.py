"""Texts that go as probes where texts are stopped: one of each network."""

from alembic import op

revision: str = "202612010540"
down_revision: str | None = "202612010500"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE send_probes (
  kind text NOT NULL,
  key text NOT NULL,
  room text NOT NULL,
  network text NOT NULL,
  probe uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seconds integer NOT NULL,
  CONSTRAINT pk_send_probes PRIMARY KEY (kind, key, room, network),
  CONSTRAINT fk_send_probes_kind_send_stops FOREIGN KEY (kind, key, room)
    REFERENCES send_stops (kind, key, room) ON DELETE CASCADE
)
"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE send_probes")
