"""The stores of a test run: real PostgreSQL and Valkey, a pair a process, a database a need."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import asyncpg
from redis import Redis

from app.adapters.migrations import upgrade
from app.dev.stores.files import clear_sockets, data_folder, socket_folder
from app.dev.stores.servers import PostgresServer, ValkeyServer

TEMPLATE = "migrated"
# A copy is no restored backup, even where the same Redis remembers a later one.
NO_RESTORE = "UPDATE restore_marks SET marked_at = clock_timestamp()"


class Stores:
    """Both servers, which a test may stop, kill, suspend and start again."""

    def __init__(self, postgres: PostgresServer, valkey: ValkeyServer) -> None:
        self.postgres, self.valkey = postgres, valkey
        self._numbers = count(1)

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    def new_database(self) -> str:
        """The URL of a fresh database with the newest schema: a copy, which takes 0.2 s."""
        name = f"test_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        asyncio.run(execute(self.postgres.url_of(name), NO_RESTORE))
        return self.postgres.url_of(name)

    def empty_database(self) -> str:
        """The URL of a database without any schema."""
        name = f"empty_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self.postgres.url_of(name)

    def make_template(self) -> None:
        self._run(f"CREATE DATABASE {TEMPLATE}")
        upgrade(self.postgres.url_of(TEMPLATE))

    def valkey_flush(self, database: int) -> None:
        with Redis.from_url(self.redis_url, db=database) as client:
            client.flushdb()

    def _run(self, statement: str) -> None:
        asyncio.run(execute(self.postgres.url, statement))


async def execute(database_url: str, statement: str, *args: object) -> list[asyncpg.Record]:
    """Runs one statement on a connection of its own."""
    connection = await connect(database_url)
    try:
        return await fetch(connection, statement, *args)
    finally:
        await connection.close()


async def fetch(
    connection: asyncpg.Connection, statement: str, *args: object
) -> list[asyncpg.Record]:
    """What PostgreSQL ended because a running server locked the same tables in another order runs
    again.
    """
    while True:
        with suppress(asyncpg.DeadlockDetectedError):
            return await connection.fetch(statement, *args)


async def connect(database_url: str) -> asyncpg.Connection:
    """Tests may make the audit trail older. Statements are not kept: tables may change."""
    settings = {"latchkey.audit_upkeep": "on"}
    return await asyncpg.connect(database_url, server_settings=settings, statement_cache_size=0)


@contextmanager
def running_stores(folder: Path) -> Iterator[Stores]:
    data = data_folder(folder)
    sockets = socket_folder(data)
    stores = Stores(
        PostgresServer(data, sockets, durable=False), ValkeyServer(data, sockets, durable=False)
    )
    try:
        stores.postgres.start()
        stores.valkey.start()
        stores.make_template()
        yield stores
    finally:
        stores.valkey.stop()
        stores.postgres.stop()
        clear_sockets(data)
