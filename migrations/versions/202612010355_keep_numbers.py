"""The number of a sign-up that proves its address first is kept, and texted later. Without these
columns it is one whose code is waited for, which can be sent from its page.
"""

from alembic import op

revision: str = "202612010355"
down_revision: str | None = "202612010251"

PROVED_BEFORE = "purpose = 'signup' AND opened_by IS NOT NULL"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE phone_verifications"
        " ADD COLUMN kept boolean NOT NULL DEFAULT false, ADD COLUMN text_after timestamptz"
    )
    op.execute(
        "CREATE INDEX ix_deliveries_proved_mailbox ON deliveries (opened_by, created_at)"
        f" WHERE {PROVED_BEFORE}"
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_deliveries_proved_mailbox")
    op.execute("ALTER TABLE phone_verifications DROP COLUMN kept, DROP COLUMN text_after")
