"""Identities that were removed from an account while a change of its contacts can be undone.

What was removed before this confirms no undo: a code to the number, or the password, of that time
does.
"""

from alembic import op

revision: str = "202611291849"
down_revision: str | None = "202611291842"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE former_identities (
            id uuid NOT NULL CONSTRAINT pk_former_identities PRIMARY KEY,
            user_id uuid NOT NULL CONSTRAINT fk_former_identities_user_id_users
                REFERENCES users (id) ON DELETE CASCADE,
            issuer text NOT NULL,
            subject text NOT NULL,
            linked_at timestamptz NOT NULL,
            removed_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
    """)
    op.execute("CREATE INDEX ix_former_identities_user_id ON former_identities (user_id)")


def downgrade() -> None:
    op.execute("DROP TABLE former_identities")
