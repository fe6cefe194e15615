"""Whose room in a region a text takes, and whether what became of it is told to nobody."""

from alembic import op

revision: str = "202612010160"
down_revision: str | None = "202612010150"

UPGRADE = """
ALTER TABLE deliveries ADD COLUMN room text NOT NULL DEFAULT '',
  ADD COLUMN is_quiet boolean NOT NULL DEFAULT false;
CREATE INDEX ix_deliveries_block ON deliveries (block, created_at);
CREATE INDEX ix_deliveries_network ON deliveries (network, created_at)
"""
DOWNGRADE = """
DROP INDEX ix_deliveries_network;
DROP INDEX ix_deliveries_block;
ALTER TABLE deliveries DROP COLUMN is_quiet, DROP COLUMN room
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
