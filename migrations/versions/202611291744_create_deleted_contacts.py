"""Numbers and addresses of deleted accounts, until their last notice has gone out."""

from alembic import op

revision: str = "202611291744"
down_revision: str | None = "202611291740"

CREATE = """
CREATE TABLE deleted_contacts (
  contact text NOT NULL,
  deleted_at timestamptz DEFAULT clock_timestamp() NOT NULL,
  CONSTRAINT pk_deleted_contacts PRIMARY KEY (contact)
)
"""


def upgrade() -> None:
    op.execute(CREATE)


def downgrade() -> None:
    op.execute("DROP TABLE deleted_contacts")
