"""Alembic's way in: the connection to migrate over and the tables to compare with."""

import asyncio
import re
from time import monotonic, sleep
from typing import Any

import asyncpg
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

# Imported for their tables, which register themselves.
import app.domain.tables.accounts
import app.domain.tables.messages
import app.domain.tables.once
import app.domain.tables.operations
import app.domain.tables.prices
import app.domain.tables.sends  # noqa: F401
from app.adapters.concurrent_indexes import TURN, OlderMigrationWaits
from app.adapters.migrations import PATIENCE, TurnNotGiven
from app.domain.tables import Table

# Any number of servers may start at once; the others wait and then find nothing to do. A connection
# of its own holds the lock, since an index that is made concurrently ends the transaction of its
# migration. Such an index waits for every statement under way: so nobody waits within one, or each
# would wait for the other.
ONE_AT_A_TIME = f"SELECT pg_try_advisory_xact_lock({TURN})"
ASKED_EVERY = 0.1  # seconds
# A server may end transactions that rest, and this one rests for as long as the others take. It
# also takes the place of the statement before, whose snapshot is kept until another one comes.
REST = "SET LOCAL idle_in_transaction_session_timeout = 0"


# Whoever waits for a lock on a table stops everybody who comes after: so a migration gives up soon,
# and tries again when those who hold the lock may have gone.
LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'"
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds between two tries

LISTED = "SELECT to_regclass('schema_revisions')"
ADD = "INSERT INTO schema_revisions (revision) VALUES ($1) ON CONFLICT DO NOTHING"
REMOVE = "DELETE FROM schema_revisions WHERE revision = $1"

# They come and go with the months.
PARTITION = re.compile(r"(deliveries|audit_events)_(default|(before_)?[0-9]{4}_[0-9]{2})")


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        version_table=context.config.version_table_name,
        compare_type=True,
        compare_server_default=True,
        on_version_apply=list_revision,
        include_name=is_no_partition,
    )
    for pause in PAUSES:
        try:
            return migrate_once(connection)
        except (DBAPIError, asyncpg.LockNotAvailableError) as error:
            wrapped = isinstance(error, DBAPIError) and error.orig
            cause = wrapped.__cause__ if wrapped else error
            if not isinstance(cause, asyncpg.LockNotAvailableError):
                raise
            sleep(pause)
    return migrate_once(connection)


def migrate_once(connection: Connection) -> None:
    with context.begin_transaction():
        connection.exec_driver_sql(LOCK_TIMEOUT)
        context.run_migrations()


def is_no_partition(name: str | None, kind: str, _: Any) -> bool:
    return kind != "table" or not PARTITION.fullmatch(name or "")


def list_revision(ctx: MigrationContext, step: MigrationInfo, **_: Any) -> None:
    """Within the transaction of the step."""
    connection = ctx.connection
    if connection is None or not connection.exec_driver_sql(LISTED).scalar():
        return  # it is older than the list
    statement = ADD if step.is_upgrade else REMOVE
    connection.exec_driver_sql(statement, (step.up_revision_id,))


async def take_turn(holder: AsyncConnection) -> None:
    """Until its transaction ends. Raises `TurnNotGiven`."""
    patience = context.config.attributes.get("patience", PATIENCE)
    until = monotonic() + patience
    while True:
        is_ours = (await holder.exec_driver_sql(ONE_AT_A_TIME)).scalar()
        await holder.exec_driver_sql(REST)
        if is_ours:
            return
        if monotonic() > until:
            raise TurnNotGiven(patience)
        await asyncio.sleep(ASKED_EVERY)


async def migrate_in_turn(engine: AsyncEngine) -> bool:
    """False where one of an earlier version has to go first: it cannot wait any other way."""
    async with engine.connect() as holder, engine.connect() as connection:
        await take_turn(holder)
        try:
            await connection.run_sync(migrate)
        except OlderMigrationWaits:
            return False
        return True


async def main() -> None:
    engine = context.config.engine
    done = False
    while not done:
        done = await migrate_in_turn(engine)
    await engine.dispose()


asyncio.run(main())
