"""Who has lost the phone asks to confirm without it, and can do so a day later."""

from alembic import op

revision: str = "202611291823"
down_revision: str | None = "202611291821"

UPGRADE = """
CREATE TABLE confirmation_requests (
  id uuid CONSTRAINT pk_confirmation_requests PRIMARY KEY,
  user_id uuid NOT NULL
    CONSTRAINT uq_confirmation_requests_user_id UNIQUE
    CONSTRAINT fk_confirmation_requests_user_id_users REFERENCES users (id) ON DELETE CASCADE,
  network text NOT NULL,
  asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  due_at timestamptz NOT NULL
)
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE confirmation_requests")
