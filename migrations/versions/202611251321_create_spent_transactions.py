"""Which sign-ins at a provider have come back: none does twice."""

from alembic import op

revision: str = "202611251321"
down_revision: str | None = "202611251320"

UPGRADE = """
CREATE TABLE spent_transactions (
  digest bytea NOT NULL,
  spent_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_spent_transactions PRIMARY KEY (digest)
)
"""
INDEX = "CREATE INDEX ix_spent_transactions_spent_at ON spent_transactions (spent_at)"


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute(INDEX)


def downgrade() -> None:
    op.execute("DROP TABLE spent_transactions")
