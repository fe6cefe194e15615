"""PostgreSQL: one pool, one unit of work, and `Unavailable` when it does not answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from app.domain.errors import Refusal, Unavailable
from app.domain.ports import Connection

# Seconds. A page must be answered within 5, so nothing here may take longer than 3 in all.
CONNECT_TIMEOUT = 2.0
ACQUIRE_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 3.0

# What asyncpg raises when the server is gone, going, starting or full; everything else is our bug.
SILENT = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
)


class Postgres:
    """The `Database` port. Opened in the lifespan; a server that is down then is tried later."""

    def __init__(self, url: str, *, size: int = 20) -> None:
        self._url, self._size = url, size
        self._pool: Any = None

    async def open(self) -> None:
        """Belongs to the loop it is opened in. Connects only when it is asked to."""
        self._pool = await asyncpg.create_pool(
            dsn=self._url,
            min_size=0,
            max_size=self._size,
            timeout=CONNECT_TIMEOUT,
            command_timeout=STATEMENT_TIMEOUT,
            max_inactive_connection_lifetime=300,
            server_settings={"application_name": "latchkey", "timezone": "UTC"},
        )

    async def close(self) -> None:
        self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection; each statement is its own transaction."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT) as connection:
                yield connection
        except SILENT as error:
            raise Unavailable from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Committed after a yes and after a `Refusal`; rolled back on a crash."""
        try:
            async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT) as connection:
                refusal: Refusal | None = None
                async with connection.transaction():
                    try:
                        yield connection
                    except Refusal as no:
                        refusal = no
        except SILENT as error:
            raise Unavailable from error
        if refusal:
            raise refusal
