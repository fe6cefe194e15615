"""Where no texts go to strangers for now: after a conversion breaker, or an operator's word."""

from alembic import op

revision: str = "202612010162"
down_revision: str | None = "202612010161"


def upgrade() -> None:
    op.execute(
        """
CREATE TABLE send_stops (
  kind text NOT NULL
    CONSTRAINT ck_send_stops_kind_is_known CHECK (kind IN ('region', 'block')),
  key text NOT NULL,
  room text NOT NULL
    CONSTRAINT ck_send_stops_room_is_known CHECK (room IN ('strangers', 'mailed', 'known')),
  is_allowed boolean NOT NULL DEFAULT false,
  reason text NOT NULL,
  since timestamptz NOT NULL DEFAULT clock_timestamp(),
  until timestamptz NOT NULL,
  seconds integer NOT NULL,
  probe uuid,
  probed_at timestamptz,
  CONSTRAINT pk_send_stops PRIMARY KEY (kind, key, room)
)
"""
    )


def downgrade() -> None:
    op.execute("DROP TABLE send_stops")
