"""Messages are in the language and the time zone of their reader; accounts keep theirs."""

from alembic import op

revision: str = "202611301840"
down_revision: str | None = "202611300410"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE deliveries ADD COLUMN language text NOT NULL DEFAULT 'en',"
        " ADD COLUMN zone text NOT NULL DEFAULT ''"
    )
    op.execute("ALTER TABLE users ADD COLUMN language text, ADD COLUMN zone text")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN zone, DROP COLUMN language")
    op.execute("ALTER TABLE deliveries DROP COLUMN zone, DROP COLUMN language")
