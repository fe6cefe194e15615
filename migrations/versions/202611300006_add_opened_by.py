"""Which kind of proof opened the session that asked for a code to its own contact: each kind has
limits of its own.
"""

from alembic import op

revision: str = "202611300006"
down_revision: str | None = "202611292319"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN opened_by text")


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP COLUMN opened_by")
