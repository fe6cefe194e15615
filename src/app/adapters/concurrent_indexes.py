"""Indexes that migrations make while others write on."""

import asyncio
from typing import Any

from alembic import op
from sqlalchemy.util import await_only

TURN = 727274  # the advisory lock of whoever migrates
LOOKED_EVERY = 1.0  # seconds
# A `latchkey migrate` of an earlier version waits for its turn within a statement, whose snapshot
# the index waits for: neither would ever go on, and PostgreSQL does not see why.
WAITS_FOR_US = (
    "SELECT 1 FROM pg_stat_progress_create_index i JOIN pg_locks l ON l.pid = i.current_locker_pid"
    " WHERE i.datname = current_database() AND l.locktype = 'advisory' AND l.objid = $1::oid"
    " AND NOT l.granted"
)
LEFT_OVER = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid"


class OlderMigrationWaits(Exception):
    """For its turn, as this one does for it. The index is left unfinished, for another try."""


def create_index_concurrently(name: str, on: str) -> None:
    """`on` is what SQL has behind ON: a table that is not partitioned, and its columns. Commits
    what was done before: a revision with it does nothing else, and is one of `migrations.ENDS`.
    Waits for transactions that are under way, without a limit: nobody waits behind it. Raises
    `OlderMigrationWaits`.
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
    bind = op.get_bind()
    connection: Any = bind.connection.driver_connection
    running = asyncio.ensure_future(connection.execute(statement))
    while not await_only(asyncio.wait({running}, timeout=LOOKED_EVERY))[0]:
        with bind.engine.connect() as looking:
            is_waited_for = looking.exec_driver_sql(WAITS_FOR_US, (TURN,)).scalar_one_or_none()
        if is_waited_for:
            running.cancel()
            await_only(asyncio.wait({running}))
            raise OlderMigrationWaits
    running.result()
