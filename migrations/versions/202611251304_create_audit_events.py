"""Authentication events, which the application only ever adds."""

from alembic import op

revision: str = "202611251304"
down_revision: str | None = "202611251303"

UPGRADE = """
CREATE TABLE audit_events (
  id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_events PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  event text NOT NULL,
  user_id uuid,
  flow_id bytea,
  network text,
  request_id text,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ix_audit_events_user_id_at ON audit_events (user_id, at);
CREATE INDEX ix_audit_events_event_at ON audit_events (event, at)
"""
DOWNGRADE = """
DROP TABLE audit_events
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
