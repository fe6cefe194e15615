"""Codes sent to phones and e-mail addresses, without any digit of them."""

from alembic import op

revision: str = "202611251301"
down_revision: str | None = "202611251300"

UPGRADE = """
CREATE TABLE phone_verifications (
  id uuid CONSTRAINT pk_phone_verifications PRIMARY KEY,
  flow_id bytea NOT NULL,
  purpose text NOT NULL,
  nonce bytea NOT NULL,
  phone text NOT NULL 
    CONSTRAINT ck_phone_verifications_phone_is_e164 CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
  attempts smallint NOT NULL DEFAULT 0
    CONSTRAINT ck_phone_verifications_attempts_count_up CHECK (attempts >= 0),
  last_attempt_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  ended_at timestamptz,
  user_id uuid CONSTRAINT fk_phone_verifications_user_id_users 
    REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_phone_verifications_live ON phone_verifications (flow_id, purpose)
  WHERE consumed_at IS NULL AND ended_at IS NULL;
CREATE INDEX ix_phone_verifications_flow_id ON phone_verifications (flow_id, created_at);
CREATE INDEX ix_phone_verifications_phone ON phone_verifications (phone, created_at);
CREATE TABLE email_verifications (
  id uuid CONSTRAINT pk_email_verifications PRIMARY KEY,
  flow_id bytea NOT NULL,
  purpose text NOT NULL,
  nonce bytea NOT NULL,
  email text NOT NULL 
    CONSTRAINT ck_email_verifications_email_is_canonical
    CHECK (email = lower(email) AND length(email) <= 254 AND position('@' in email) > 1),
  attempts smallint NOT NULL DEFAULT 0
    CONSTRAINT ck_email_verifications_attempts_count_up CHECK (attempts >= 0),
  last_attempt_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz NOT NULL,
  consumed_at timestamptz,
  ended_at timestamptz,
  user_id uuid CONSTRAINT fk_email_verifications_user_id_users 
    REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_email_verifications_live ON email_verifications (flow_id, purpose)
  WHERE consumed_at IS NULL AND ended_at IS NULL;
CREATE INDEX ix_email_verifications_flow_id ON email_verifications (flow_id, created_at);
CREATE INDEX ix_email_verifications_email ON email_verifications (email, created_at)
"""
DOWNGRADE = """
DROP TABLE email_verifications;
DROP TABLE phone_verifications
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
