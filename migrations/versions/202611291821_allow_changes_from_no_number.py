"""A change of contact may be from nothing: a first number, for an account that had none.

The downgrade removes those changes: the version before cannot take them back.
"""

from alembic import op

revision: str = "202611291821"
down_revision: str | None = "202611291820"


def upgrade() -> None:
    op.execute("ALTER TABLE contact_changes ALTER COLUMN old_value DROP NOT NULL")


def downgrade() -> None:
    op.execute("DELETE FROM contact_changes WHERE old_value IS NULL")
    op.execute("ALTER TABLE contact_changes ALTER COLUMN old_value SET NOT NULL")
