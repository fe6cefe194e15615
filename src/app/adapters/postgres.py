"""PostgreSQL: one pool, one unit of work, `Unavailable` when it does not answer, and its schema."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg

from app.adapters.outages import Outages
from app.adapters.postgres_connection import (
    GONE,
    OUTAGES,
    POOLED,
    Connector,
    EachInTransaction,
    KeptAlive,
    describe_failure,
    pooled_begin,
    session_of,
)
from app.domain.errors import Refusal, Unavailable
from app.domain.ports import Connection, NotUnique
from app.settings import Settings
from app.settings.database_url import parse_database_url

# Seconds. A page must be answered within 5, so getting a connection and the first statement that
# hangs may not take longer than that together.
CONNECT_TIMEOUT = 2.0
ACQUIRE_TIMEOUT = 2.0
STATEMENT_TIMEOUT = 2.0
# A connection that has rested this long may be dead without our knowing: a firewall forgets without
# telling. It is asked first, and has this long to answer before a new one takes its place.
RESTED = 1.0
PROBE_TIMEOUT = 0.5
# One that was used just now may only be slow.
BEGIN_TIMEOUT = 1.0
PROBE = "SELECT"  # nothing; asyncpg cannot read the answer to an empty statement
# Once the server has not answered someone who waited, nor anybody else meanwhile, nor the question
# whether it is there at all, nobody asks for this long: a server that hangs does not keep everybody
# waiting.
SILENCE = 1.0
# Networks forget a connection that rests for four minutes (Azure) or six (AWS).
IDLE_TIMEOUT = 180.0


class Postgres:
    """The `Database` port. Opened in the lifespan; a server that is down then is tried later."""

    def __init__(
        self,
        url: str,
        *,
        size: int = 20,
        patience: float = STATEMENT_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
        pooled: bool = False,
    ) -> None:
        """`patience` is in seconds, for each statement; so is `idle_timeout`, until a connection
        that nobody uses is closed. `pooled` says that a pooler in transaction mode stands between.
        """
        self._pooled = pooled
        self._size, self._patience, self._idle_timeout = size, patience, idle_timeout
        self._connector = Connector(parse_database_url(url))
        self._pool: Any = None
        self.message_queued = asyncio.Event()
        self._asking: asyncio.Task[bool] | None = None
        self._silent_until = 0.0
        self._answered_at = -inf  # when a connection was last given back in good order
        self._lost_at = -inf  # when a connection was lost under way: others may be dead too
        self._outages, self._reason = Outages("PostgreSQL"), ""

    @classmethod
    def from_settings(
        cls, settings: Settings, *, size: int = 20, patience: float = STATEMENT_TIMEOUT
    ) -> "Postgres":
        return cls(
            settings.database_url,
            size=size,
            patience=patience,
            idle_timeout=settings.database_idle_timeout,
            pooled=settings.database_pooler == "transaction",
        )

    async def open(self) -> None:
        """Belongs to the loop it is opened in. Connects only when it is asked to."""
        self._pool = await asyncpg.create_pool(
            connect=self._connect,
            connection_class=KeptAlive,
            min_size=0,
            max_size=self._size,
            max_inactive_connection_lifetime=self._idle_timeout,
            reset=_at_rest,
        )

    async def close(self) -> None:
        self._pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """One connection; each statement is its own transaction."""
        with self._outages_reported():
            async with self._checked_out("") as connection:
                yield EachInTransaction(connection, self._begin) if self._pooled else connection
                self._tell_of_message(connection)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Committed after a yes and after a `Refusal`; rolled back on a crash."""
        refusal: Refusal | None = None
        with self._outages_reported():
            async with self._checked_out(self._begin) as connection:
                try:
                    yield connection
                except Refusal as no:
                    refusal = no
                await connection.execute("COMMIT")
                self._tell_of_message(connection)
        if refusal:
            raise refusal

    def _tell_of_message(self, connection: KeptAlive) -> None:
        """After a commit: whatever was queued is there for the dispatcher now."""
        if connection.has_message:
            self.message_queued.set()

    @contextmanager
    def _outages_reported(self) -> Iterator[None]:
        """What went wrong, as the domain knows it."""
        if monotonic() < self._silent_until:
            raise Unavailable(reason=self._reason)
        try:
            yield
        except asyncpg.UniqueViolationError as error:
            raise NotUnique from error
        except OUTAGES as error:
            raise self._unavailable(error) from error
        self._outages.report_recovery()

    def _unavailable(self, error: BaseException, *, lost: bool = False) -> Unavailable:
        """A lost connection is told by whoever asks again, or cannot."""
        self._reason = describe_failure(error)
        if not lost:
            self._outages.report_failure(self._reason)
        return Unavailable(reason=self._reason, lost=lost)

    @asynccontextmanager
    async def _checked_out(self, first: str) -> AsyncIterator[Any]:
        """A connection of the pool on which `first` was run."""
        began = monotonic()
        try:
            connection = await self._checked_out_connection(first)
            try:
                yield connection
            except Refusal:
                raise
            except BaseException as error:
                gone = isinstance(error, GONE)
                _hang_up(connection)
                if gone:
                    self._lost_at = monotonic()
                    raise self._unavailable(error, lost=True) from error
                raise
            else:
                self._answered_at = monotonic()
            finally:
                await self._pool.release(connection, timeout=ACQUIRE_TIMEOUT)
        except TimeoutError:
            if self._answered_at < began and not await self._is_there():
                self._silent_until = monotonic() + SILENCE
            raise

    async def _checked_out_connection(self, first: str) -> Any:
        """Where `first`, or the question to one that has rested, finds the connection dead, nothing
        was asked of it yet, so another one is taken: at the latest a new one.
        """
        async with asyncio.timeout(ACQUIRE_TIMEOUT):
            while True:
                connection = await self._pool.acquire()
                trusted = min(RESTED, monotonic() - self._lost_at)
                is_new, rested = connection.is_new, connection.rested > trusted
                try:
                    if statement := first or (PROBE if rested else ""):
                        patience = PROBE_TIMEOUT if rested else BEGIN_TIMEOUT
                        await connection.execute(statement, timeout=patience)
                    return connection
                except BaseException as error:
                    dead = isinstance(error, OUTAGES)
                    _hang_up(connection)
                    await self._pool.release(connection)
                    if is_new or not dead:
                        raise

    @property
    def _begin(self) -> str:
        """What a pooler takes from nobody at the start of a session, each transaction says."""
        return pooled_begin(self._statement_timeout) if self._pooled else "BEGIN"

    @property
    def _statement_timeout(self) -> int:
        """Milliseconds. The server gives up soon after us: waiting for a lock it does not notice
        that we have gone, and would keep a connection for each time we ask again.
        """
        return int(self._patience * 1000) + 500

    async def _connect(self, *_: Any, **options: Any) -> KeptAlive:
        """For the pool."""
        session = POOLED if self._pooled else session_of(self._statement_timeout)
        return await self._connector.connect(
            CONNECT_TIMEOUT,
            command_timeout=self._patience,
            loop=options["loop"],
            record_class=options["record_class"],
            **session,
        )

    async def _is_there(self) -> bool:
        """Whether the server answers a new connection, be it with a no. One asks for all who have
        waited in vain: theirs may be a lock, or a connection that the network forgot.
        """
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._answers())
        return await asyncio.shield(self._asking)

    async def _answers(self) -> bool:
        try:
            connection = await self._connector.connect(PROBE_TIMEOUT)
        except TimeoutError:
            return False
        except OUTAGES:
            return True
        connection.terminate()
        return True


async def _at_rest(connection: KeptAlive) -> None:
    """Nothing of ours outlives its transaction, so there is nothing to ask the server to reset."""
    connection.rest()


def _hang_up(connection: Any) -> None:
    """What is under way is rolled back by the server. Waiting for a cancelled statement and asking
    for the rollback would take as long again as what has just taken too long.
    """
    with suppress(asyncpg.InterfaceError):  # it is closed already
        connection.terminate()


# Which schema the code needs, and which one a database has.

FOLDER = Path(__file__).parents[3] / "migrations"


def list_revisions() -> list[str]:
    """The file names start with their time, so the last one is the head."""
    return sorted(file.name.partition("_")[0] for file in FOLDER.glob("versions/[0-9]*.py"))


def newest_revision() -> str:
    return list_revisions()[-1]


async def current_revision(database_url: str) -> str | None:
    """None for an empty database. Raises `Unavailable`."""
    try:
        connection = await Connector(parse_database_url(database_url)).connect()
        try:
            known = await connection.fetchval("SELECT to_regclass('alembic_version')")
            if not known:
                return None
            revision: str = await connection.fetchval("SELECT version_num FROM alembic_version")
            return revision
        finally:
            connection.terminate()
    except OUTAGES as error:
        raise Unavailable(reason=describe_failure(error)) from error
