"""Sends that a limit refused, by a keyed digest of the contact."""

from alembic import op

revision: str = "202612010207"
down_revision: str | None = "202612010205"

UPGRADE = """
CREATE TABLE refused_sends (
  subject bytea,
  refusal text,
  limit_name text,
  hour timestamptz,
  purpose text NOT NULL,
  network bytea NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_refused_sends PRIMARY KEY (subject, refusal, limit_name, hour)
);
CREATE INDEX ix_refused_sends_hour ON refused_sends (hour, network)
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE refused_sends")
