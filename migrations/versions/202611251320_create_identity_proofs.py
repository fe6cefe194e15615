"""Who somebody is elsewhere, as proved in a sign-up that is not finished."""

from alembic import op

revision: str = "202611251320"
down_revision: str | None = "202611251312"

UPGRADE = """
CREATE TABLE identity_proofs (
  id uuid NOT NULL,
  flow_id bytea NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  email text,
  email_verified boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ended_at timestamptz,
  user_id uuid,
  CONSTRAINT pk_identity_proofs PRIMARY KEY (id),
  CONSTRAINT fk_identity_proofs_user_id_users
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_identity_proofs_waiting ON identity_proofs (flow_id)
  WHERE ended_at IS NULL AND user_id IS NULL;
CREATE INDEX ix_identity_proofs_flow_id ON identity_proofs (flow_id, created_at);
CREATE INDEX ix_identity_proofs_user_id ON identity_proofs (user_id)
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE identity_proofs")
