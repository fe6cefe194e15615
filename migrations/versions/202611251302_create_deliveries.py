"""The outbox of texts and mails."""

from alembic import op

revision: str = "202611251302"
down_revision: str | None = "202611251301"

UPGRADE = """
CREATE TABLE deliveries (
  id uuid CONSTRAINT pk_deliveries PRIMARY KEY,
  channel text NOT NULL
    CONSTRAINT ck_deliveries_channel_is_known CHECK (channel IN ('sms', 'email')),
  template text NOT NULL,
  destination text NOT NULL,
  block text,
  region text,
  address text NOT NULL,
  network text NOT NULL,
  verification_id uuid,
  nonce bytea,
  purpose text,
  context jsonb NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'queued'
    CONSTRAINT ck_deliveries_state_is_known CHECK (
      state IN ('queued', 'sending', 'sent', 'delivered', 'refused', 'failed', 'expired')
    ),
  tries smallint NOT NULL DEFAULT 0,
  uncertain smallint NOT NULL DEFAULT 0,
  next_try_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  provider_id text,
  provider_code text,
  reason text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ix_deliveries_waiting ON deliveries (next_try_at)
  WHERE state IN ('queued', 'sending');
CREATE INDEX ix_deliveries_verification_id ON deliveries (verification_id, created_at);
CREATE INDEX ix_deliveries_destination ON deliveries (destination, created_at);
CREATE INDEX ix_deliveries_created_at ON deliveries (created_at);
CREATE INDEX ix_deliveries_provider_id ON deliveries (provider_id)
"""
DOWNGRADE = """
DROP TABLE deliveries
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
