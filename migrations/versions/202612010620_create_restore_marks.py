"""How far the database has come, by which a restored backup is noticed."""

from alembic import op

revision: str = "202612010620"
down_revision: str | None = "202612010610"

MARKS = """
CREATE TABLE restore_marks (
  one boolean NOT NULL DEFAULT true,
  marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  restored_to timestamptz,
  lost_until timestamptz,
  noticed_at timestamptz,
  CONSTRAINT pk_restore_marks PRIMARY KEY (one),
  CONSTRAINT ck_restore_marks_is_one CHECK (one)
)
"""


def upgrade() -> None:
    op.execute(MARKS)
    op.execute("INSERT INTO restore_marks DEFAULT VALUES")


def downgrade() -> None:
    op.execute("DROP TABLE restore_marks")
