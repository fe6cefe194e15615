"""Under which flow a number was proved, before the flow got another name by it."""

from alembic import op

revision: str = "202611251312"
down_revision: str | None = "202611251308"

UPGRADE = """
ALTER TABLE phone_verifications ADD COLUMN moved_from bytea;
CREATE INDEX ix_phone_verifications_moved_from ON phone_verifications (moved_from)
  WHERE moved_from IS NOT NULL
"""
DOWNGRADE = """
DROP INDEX ix_phone_verifications_moved_from;
ALTER TABLE phone_verifications DROP COLUMN moved_from
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE.split(";\n"):
        op.execute(statement)
