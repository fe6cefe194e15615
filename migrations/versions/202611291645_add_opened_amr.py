"""What a session was opened with, apart from what was proved in it since.

Sessions that are there have none: what was last proved in them is taken for it, as it is for those
that a server of the version before opens during a deploy.
"""

from alembic import op

revision: str = "202611291645"
down_revision: str | None = "202611281412"


def upgrade() -> None:
    op.execute("ALTER TABLE sessions ADD COLUMN opened_amr text[]")


def downgrade() -> None:
    op.execute("ALTER TABLE sessions DROP COLUMN opened_amr")
