"""When an account was last used: a number that is recycled must not open what its owner left.

For accounts that are there it is what their sessions tell, which are kept for a month after they
end, else when the account was made.
"""

from alembic import op

revision: str = "202611291734"
down_revision: str | None = "202611291733"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE users ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT clock_timestamp()"
    )
    op.execute(
        "UPDATE users SET last_used_at = greatest(created_at,"
        " (SELECT max(last_used_at) FROM sessions WHERE user_id = users.id))"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN last_used_at")
