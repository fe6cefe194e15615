"""Whom an operator keeps out."""

from alembic import op

revision: str = "202612010621"
down_revision: str | None = "202612010620"

BLOCKS = """
CREATE TABLE blocks (
  kind text NOT NULL,
  value text NOT NULL,
  reason text NOT NULL,
  added_by text NOT NULL,
  added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  until timestamptz,
  CONSTRAINT pk_blocks PRIMARY KEY (kind, value),
  CONSTRAINT ck_blocks_kind_is_known CHECK (kind IN ('number', 'block', 'network', 'domain'))
)
"""


def upgrade() -> None:
    op.execute(BLOCKS)


def downgrade() -> None:
    op.execute("DROP TABLE blocks")
