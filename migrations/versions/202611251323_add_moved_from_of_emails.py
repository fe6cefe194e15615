"""Under which flow an address was proved, before the flow got another name by it."""

from alembic import op

revision: str = "202611251323"
down_revision: str | None = "202611251321"

UPGRADE = """
ALTER TABLE email_verifications ADD COLUMN moved_from bytea;
CREATE INDEX ix_email_verifications_moved_from ON email_verifications (moved_from)
  WHERE moved_from IS NOT NULL
"""
DOWNGRADE = """
DROP INDEX ix_email_verifications_moved_from;
ALTER TABLE email_verifications DROP COLUMN moved_from
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
