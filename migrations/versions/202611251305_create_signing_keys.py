"""Keys that sign access tokens, sealed with a key that is not in the database."""

from alembic import op

revision: str = "202611251305"
down_revision: str | None = "202611251304"

UPGRADE = """
CREATE TABLE signing_keys (
  id text CONSTRAINT pk_signing_keys PRIMARY KEY,
  sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE signing_keys")
