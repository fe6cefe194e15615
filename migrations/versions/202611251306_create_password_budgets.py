"""How often in a row a password was wrong."""

from alembic import op

revision: str = "202611251306"
down_revision: str | None = "202611251305"

UPGRADE = """
CREATE TABLE password_budgets (
  subject bytea NOT NULL,
  device text NOT NULL,
  wrong integer NOT NULL DEFAULT 0,
  last_wrong_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT pk_password_budgets PRIMARY KEY (subject, device)
)
"""


def upgrade() -> None:
    op.execute(UPGRADE)


def downgrade() -> None:
    op.execute("DROP TABLE password_budgets")
