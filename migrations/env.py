"""Alembic's way in: the connection to migrate over and the tables to compare with."""

import asyncio

from alembic import context
from sqlalchemy import Connection

# Imported for their tables, which register themselves.
import app.domain.tables.accounts
import app.domain.tables.messages
import app.domain.tables.once
import app.domain.tables.prices  # noqa: F401
from app.domain.tables import Table

# Any number of servers may start at once; the others wait here and then find nothing to do.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(727274)"


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        version_table=context.config.version_table_name,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        connection.exec_driver_sql(ONE_AT_A_TIME)
        context.run_migrations()


async def main() -> None:
    engine = context.config.engine
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())
