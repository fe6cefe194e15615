"""What the limits read: sends that no short memory counted, and wrong guesses by their network."""

from alembic import op

revision: str = "202611251308"
down_revision: str | None = "202611251307"

UPGRADE = """
ALTER TABLE deliveries ADD COLUMN counted boolean NOT NULL DEFAULT true;
CREATE INDEX ix_deliveries_uncounted ON deliveries (channel, created_at) WHERE NOT counted;
CREATE INDEX ix_audit_events_refused ON audit_events (network, at) WHERE event LIKE '%refused'
"""
DOWNGRADE = """
DROP INDEX ix_audit_events_refused;
DROP INDEX ix_deliveries_uncounted;
ALTER TABLE deliveries DROP COLUMN counted
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
