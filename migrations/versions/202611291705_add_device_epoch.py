"""How often the devices of a person were forgotten; those that are known were known since.

Device cookies of the version before hold none, so those devices are told as new once more.
"""

from alembic import op

revision: str = "202611291705"
down_revision: str | None = "202611291645"


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN device_epoch integer NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN device_epoch")
