"""Which numbers and addresses of accounts were changed, so that it can be undone."""

from alembic import op

revision: str = "202611251307"
down_revision: str | None = "202611251306"

UPGRADE = """
CREATE TABLE contact_changes (
  id uuid NOT NULL,
  user_id uuid NOT NULL,
  kind text NOT NULL,
  old_value text NOT NULL,
  new_value text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  undone_at timestamptz,
  CONSTRAINT pk_contact_changes PRIMARY KEY (id),
  CONSTRAINT fk_contact_changes_user_id_users
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT ck_contact_changes_kind_is_known CHECK (kind IN ('phone', 'email'))
)
"""
INDEX = "CREATE INDEX ix_contact_changes_user_id ON contact_changes (user_id, changed_at)"


def upgrade() -> None:
    op.execute(UPGRADE)
    op.execute(INDEX)


def downgrade() -> None:
    op.execute("DROP TABLE contact_changes")
