"""Indexes that migrations make while others write on."""

from typing import Any

from alembic import op
from sqlalchemy.util import await_only

LEFT_OVER = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid"


def create_index_concurrently(name: str, on: str) -> None:
    """`on` is what SQL has behind ON: a table that is not partitioned, and its columns. Commits
    what was done before: a revision with it does nothing else, and is one of `migrations.ENDS`.
    Waits for transactions that are under way, without a limit: nobody waits behind it.
    """
    bind = op.get_bind()
    is_left_over = bind.exec_driver_sql(LEFT_OVER, (name,)).scalar_one_or_none()
    lock_timeout = bind.exec_driver_sql("SHOW lock_timeout").scalar_one()
    with op.get_context().autocommit_block():
        if is_left_over:  # what was interrupted leaves one that nobody can use
            _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        _run(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {on}")
    op.execute(f"SET LOCAL lock_timeout = '{lock_timeout}'")  # the transaction is a new one


def _run(statement: str) -> None:
    """In one message: SQLAlchemy takes two, which a pooler may give to two servers."""
    connection: Any = op.get_bind().connection.driver_connection
    await_only(connection.execute(statement))
