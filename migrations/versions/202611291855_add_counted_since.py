"""Since when wrong passwords were counted: a day later they count anew."""

from alembic import op

revision: str = "202611291855"
down_revision: str | None = "202611291849"

ADD = """
ALTER TABLE password_budgets
  ADD COLUMN counted_since timestamptz DEFAULT clock_timestamp() NOT NULL
"""


def upgrade() -> None:
    op.execute(ADD)


def downgrade() -> None:
    op.execute("ALTER TABLE password_budgets DROP COLUMN counted_since")
