"""What serves at this moment, and which keys of SECRET_KEY each process knows."""

from alembic import op

revision: str = "202612010500"
down_revision: str | None = "202612010400"

PROCESSES = """
CREATE TABLE processes (
  id uuid CONSTRAINT pk_processes PRIMARY KEY,
  host text NOT NULL,
  pid integer NOT NULL,
  secrets text[] NOT NULL,
  signs_by text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""
AGES = """
CREATE TABLE secret_keys (
  fingerprint text CONSTRAINT pk_secret_keys PRIMARY KEY,
  first_seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute(PROCESSES)
    op.execute(AGES)


def downgrade() -> None:
    op.execute("DROP TABLE secret_keys")
    op.execute("DROP TABLE processes")
