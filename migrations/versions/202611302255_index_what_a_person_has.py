"""What is held of a person is found by an index, also with millions of sessions and codes."""

from alembic import op

revision: str = "202611302255"
down_revision: str | None = "202611302240"

TABLES = ("phone_verifications", "email_verifications")


def upgrade() -> None:
    op.execute("CREATE INDEX ix_sessions_user_id ON sessions (user_id)")
    op.execute("DROP INDEX ix_sessions_live")
    for table in TABLES:
        op.execute(
            f"CREATE INDEX ix_{table}_user_id ON {table} (user_id) WHERE user_id IS NOT NULL"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP INDEX ix_{table}_user_id")
    op.execute("CREATE INDEX ix_sessions_live ON sessions (user_id) WHERE revoked_at IS NULL")
    op.execute("DROP INDEX ix_sessions_user_id")
