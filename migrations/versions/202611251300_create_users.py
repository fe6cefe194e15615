"""People, and the identities other providers know them by."""

from alembic import op

revision: str = "202611251300"
down_revision: str | None = None

UPGRADE = """
CREATE TABLE users (
  id uuid CONSTRAINT pk_users PRIMARY KEY,
  phone text NOT NULL CONSTRAINT uq_users_phone UNIQUE
    CONSTRAINT ck_users_phone_is_e164 CHECK (phone ~ '^\\+[1-9][0-9]{6,14}$'),
  email text NOT NULL CONSTRAINT uq_users_email UNIQUE
    CONSTRAINT ck_users_email_is_canonical
    CHECK (email = lower(email) AND length(email) <= 254 AND position('@' in email) > 1),
  password_hash text,
  password_changed_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE identities (
  id uuid CONSTRAINT pk_identities PRIMARY KEY,
  user_id uuid NOT NULL
    CONSTRAINT fk_identities_user_id_users REFERENCES users (id) ON DELETE CASCADE,
  issuer text NOT NULL,
  subject text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT uq_identities_issuer_subject UNIQUE (issuer, subject)
);
CREATE INDEX ix_identities_user_id ON identities (user_id)
"""
DOWNGRADE = """
DROP TABLE identities;
DROP TABLE users
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
