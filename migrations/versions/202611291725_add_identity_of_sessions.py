"""Which identity a session was opened by, so that it ends with it.

Sessions that are there, and those that a server of the version before opens, have none: of those
that an identity opened any may have been it.
"""

from alembic import op

revision: str = "202611291725"
down_revision: str | None = "202611291716"


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN identity_id uuid")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP COLUMN identity_id")
