"""A former password is of a person and a time, no longer of a change: so it is there whichever was
changed first.

Those that are there are dropped: whether a recovery had set them is not known. Until their undo is
over, a password that is still in use, a code to the phone or an Auth0 sign-in confirms it. The
downgrade drops them too.
"""

from alembic import op

revision: str = "202611300013"
down_revision: str | None = "202611300006"

OF_PERSONS = """
CREATE TABLE former_passwords (
  id uuid NOT NULL CONSTRAINT pk_former_passwords PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT fk_former_passwords_user_id_users
    REFERENCES users (id) ON DELETE CASCADE,
  password_hash text NOT NULL,
  set_at timestamptz NOT NULL,
  replaced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  by_mail boolean NOT NULL
)
"""
OF_CHANGES = """
CREATE TABLE former_passwords (
  change_id uuid NOT NULL CONSTRAINT pk_former_passwords PRIMARY KEY
    CONSTRAINT fk_former_passwords_change_id_contact_changes
    REFERENCES contact_changes (id) ON DELETE CASCADE,
  password_hash text NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT clock_timestamp()
)
"""


def upgrade() -> None:
    op.execute("DROP TABLE former_passwords")
    op.execute(OF_PERSONS)
    op.execute("CREATE INDEX ix_former_passwords_user_id ON former_passwords (user_id)")


def downgrade() -> None:
    op.execute("DROP TABLE former_passwords")
    op.execute(OF_CHANGES)
