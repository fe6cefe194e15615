"""The password of the time of a change, by which its undo can be confirmed; and when that began.

Changes that are there have none: a code to the phone of that time confirms their undo.
"""

from alembic import op

revision: str = "202611291752"
down_revision: str | None = "202611291744"


def upgrade() -> None:
    op.execute("ALTER TABLE contact_changes ADD COLUMN undo_begun_at timestamptz")
    op.execute("""
        CREATE TABLE former_passwords (
            change_id uuid NOT NULL CONSTRAINT pk_former_passwords PRIMARY KEY
                CONSTRAINT fk_former_passwords_change_id_contact_changes
                REFERENCES contact_changes (id) ON DELETE CASCADE,
            password_hash text NOT NULL,
            kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)


def downgrade() -> None:
    op.execute("DROP TABLE former_passwords")
    op.execute("ALTER TABLE contact_changes DROP COLUMN undo_begun_at")
