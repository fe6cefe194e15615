"""Changes of contacts that wait for a day, because they were asked for without the phone."""

from alembic import op

revision: str = "202611291740"
down_revision: str | None = "202611291739"

UPGRADE = """
CREATE TABLE delayed_changes (
  id uuid CONSTRAINT pk_delayed_changes PRIMARY KEY,
  user_id uuid NOT NULL
    CONSTRAINT fk_delayed_changes_user_id_users REFERENCES users (id) ON DELETE CASCADE,
  kind text NOT NULL
    CONSTRAINT ck_delayed_changes_kind_is_known CHECK (kind IN ('phone', 'email')),
  value text NOT NULL,
  network text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL,
  CONSTRAINT uq_delayed_changes_user_id UNIQUE (user_id, kind)
);
CREATE INDEX ix_delayed_changes_due_at ON delayed_changes (due_at)
"""


def upgrade() -> None:
    for statement in UPGRADE.split(";\n"):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE delayed_changes")
