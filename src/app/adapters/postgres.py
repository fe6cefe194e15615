"""PostgreSQL: one pool, one unit of work, and `Unavailable` when it does not answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic
from typing import Any

import asyncpg

from app.domain.errors import Refusal, Unavailable
from app.domain.ports import Connection, NotUnique

# Seconds. A page must be answered within 5, so getting a connection and the first statement that
# hangs may not take longer than that together.
CONNECT_TIMEOUT = 2.0
ACQUIRE_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 2.0
# After a timeout nobody asks for this long: whoever has just waited can still be shown their page,
# and a server that hangs does not keep everybody waiting.
SILENCE = 1.0

# What asyncpg raises when the server is gone, going, starting, full or not the one to be written
# to, or has undone the work for somebody else's. Everything else is our bug.
SILENT = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InternalClientError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
)


class Postgres:
    """The `Database` port. Opened in the lifespan; a server that is down then is tried later."""

    def __init__(self, url: str, *, size: int = 20, patience: float = STATEMENT_TIMEOUT) -> None:
        """`patience` is in seconds, for each statement."""
        self._url, self._size, self._patience = url, size, patience
        self._pool: Any = None
        self._silent_until = 0.0

    async def open(self) -> None:
        """Belongs to the loop it is opened in. Connects only when it is asked to."""
        self._pool = await asyncpg.create_pool(
            dsn=self._url,
            min_size=0,
            max_size=self._size,
            timeout=CONNECT_TIMEOUT,
            command_timeout=self._patience,
            max_inactive_connection_lifetime=300,
            reset=_as_it_is,
            server_settings={
                "application_name": "latchkey",
                "timezone": "UTC",
                # Milliseconds. The server gives up soon after us: waiting for a lock it does not
                # notice that we have gone, and would keep a connection for each time we ask again.
                "statement_timeout": str(int(self._patience * 1000) + 500),
            },
        )

    async def close(self) -> None:
        self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection; each statement is its own transaction."""
        if monotonic() < self._silent_until:
            raise Unavailable
        try:
            async with self._pool.acquire(timeout=ACQUIRE_TIMEOUT) as connection:
                try:
                    yield connection
                except Refusal:
                    raise
                except BaseException:
                    _hang_up(connection)
                    raise
        except asyncpg.UniqueViolationError as error:
            raise NotUnique from error
        except SILENT as error:
            if isinstance(error, TimeoutError):
                self._silent_until = monotonic() + SILENCE
            raise Unavailable from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Committed after a yes and after a `Refusal`; rolled back on a crash."""
        refusal: Refusal | None = None
        async with self.connection() as connection:
            await connection.execute("BEGIN")
            try:
                yield connection
            except Refusal as no:
                refusal = no
            await connection.execute("COMMIT")
        if refusal:
            raise refusal


async def _as_it_is(connection: object) -> None:
    """Nothing of ours outlives its transaction, so there is nothing to ask the server to reset."""


def _hang_up(connection: Any) -> None:
    """What is under way is rolled back by the server. Waiting for a cancelled statement and asking
    for the rollback would take as long again as what has just taken too long.
    """
    with suppress(asyncpg.InterfaceError):  # it is closed already
        connection.terminate()
