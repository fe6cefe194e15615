"""Whether the code of a text was entered, on the row that is counted."""

from alembic import op

revision: str = "202612010400"
down_revision: str | None = "202612010355"

KNOWN = """
UPDATE deliveries d SET proved = true FROM phone_verifications v
WHERE v.id = d.verification_id AND v.consumed_at IS NOT NULL AND d.channel = 'sms'
"""


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN proved boolean NOT NULL DEFAULT false")
    op.execute(KNOWN)


def downgrade() -> None:
    op.execute("ALTER TABLE deliveries DROP COLUMN proved")
