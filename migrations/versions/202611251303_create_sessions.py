"""One row a signed-in device."""

from alembic import op

revision: str = "202611251303"
down_revision: str | None = "202611251302"

UPGRADE = """
CREATE TABLE sessions (
  id uuid CONSTRAINT pk_sessions PRIMARY KEY,
  user_id uuid NOT NULL
    CONSTRAINT fk_sessions_user_id_users REFERENCES users (id) ON DELETE CASCADE,
  generation integer NOT NULL DEFAULT 0,
  seen_generation integer NOT NULL DEFAULT 0,
  rotated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  counted_since timestamptz NOT NULL DEFAULT clock_timestamp(),
  counted_from integer NOT NULL DEFAULT 0,
  amr text[] NOT NULL,
  authenticated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  device text NOT NULL,
  network text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  last_used_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  idle_expires_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  revoked_reason text
);
CREATE INDEX ix_sessions_live ON sessions (user_id) WHERE revoked_at IS NULL
"""
DOWNGRADE = """
DROP TABLE sessions
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
