"""Addresses that mail came back from, and the event that tells services of it."""

from alembic import op

revision: str = "202611302240"
down_revision: str | None = "202611302210"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE users ADD COLUMN email_bounced_at timestamptz,"
        " ADD COLUMN email_bounces smallint NOT NULL DEFAULT 0"
    )
    op.execute(
        "CREATE TRIGGER tell_of_bounce AFTER UPDATE OF email_bounced_at ON users FOR EACH ROW"
        " WHEN (NEW.email_bounced_at IS NOT NULL"
        " AND NEW.email_bounced_at IS DISTINCT FROM OLD.email_bounced_at)"
        " EXECUTE FUNCTION add_event('contact.bounced', 'email')"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER tell_of_bounce ON users")
    op.execute("ALTER TABLE users DROP COLUMN email_bounces, DROP COLUMN email_bounced_at")
