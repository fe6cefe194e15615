"""PostgreSQL: one pool, one unit of work, `Unavailable` when it does not answer, and its schema."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from math import inf
from time import monotonic
from typing import Any

import asyncpg

from app import ROOT
from app.adapters.outages import Outages, RefusedWrites
from app.adapters.postgres_connection import (
    GONE,
    OUTAGES,
    POOLED,
    REFUSED_WRITES,
    Connector,
    EachInTransaction,
    KeptAlive,
    describe_failure,
    pooled_begin,
    session_of,
)
from app.adapters.postgres_pool import ConnectionPool
from app.domain.errors import Refusal, Unavailable
from app.domain.metrics import STORE_FAILURES
from app.domain.ports import BudgetSpent, Connection, NotUnique
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
WROTE = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"  # who only reads gets no number
PROBE = "SELECT"  # nothing; asyncpg cannot read the answer to an empty statement
# Once the server has not answered someone who waited, nor anybody else meanwhile, nor the question
# whether it is there at all, nobody asks for this long: a server that hangs does not keep everybody
# waiting.
SILENCE = 1.0
# Networks forget a connection that rests for four minutes (Azure) or six (AWS).
IDLE_TIMEOUT = 180.0
POOL_SIZE = 20


class BudgetSpentError(asyncpg.PostgresError):  # type: ignore[misc]
    """What the trigger that charges for texts raises; asyncpg knows it by its code."""

    sqlstate = "LK001"


class Postgres:
    """The `Database` port. Opened in the lifespan; a server that is down then is tried later."""

    def __init__(
        self,
        url: str,
        *,
        size: int = POOL_SIZE,
        patience: float = STATEMENT_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
        pooled: bool = False,
        connection_class: type[KeptAlive] = KeptAlive,
    ) -> None:
        """`patience` is in seconds, for each statement; so is `idle_timeout`, until a connection
        that nobody uses is closed. `pooled` says that a pooler in transaction mode stands between.
        """
        self._pooled = pooled
        self.size, self._patience, self._idle_timeout = size, patience, idle_timeout
        self._connector = Connector(parse_database_url(url), connection_class)
        self._pool = self._new_pool()
        self.message_queued = asyncio.Event()
        self._asking: asyncio.Task[bool] | None = None
        self._silent_until = 0.0
        self._answered_at = -inf  # when a connection was last given back in good order
        self._lost_at = -inf  # when a connection was lost under way: others may be dead too
        self._outages, self._reason = Outages("PostgreSQL"), ""
        self._writes = RefusedWrites("PostgreSQL")

    @classmethod
    def from_settings(cls, settings: Settings, size: int | None = None, **more: Any) -> "Postgres":
        """Of at most `size` connections, which is a setting unless it is given here."""
        return cls(
            settings.database_url,
            size=size or settings.database_pool_size,
            idle_timeout=settings.database_idle_timeout,
            pooled=settings.database_pooler == "transaction",
            **more,
        )

    async def open(self) -> None:
        """Belongs to the loop it is opened in. Connects only when it is asked to."""
        self._pool = self._new_pool()

    async def close(self) -> None:
        self._pool.close()

    def _new_pool(self) -> ConnectionPool:
        return ConnectionPool(self._connect, self.size, self._idle_timeout)

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """One connection; each statement is its own transaction."""
        return self._unit_of_work("", "")

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Committed after a yes and after a `Refusal`; rolled back on a crash."""
        return self._unit_of_work(self._begin, "COMMIT")

    @asynccontextmanager
    async def _unit_of_work(self, first: str, last: str) -> AsyncIterator[Connection]:
        """Between those two statements. What goes wrong is told as the domain knows it. In one
        generator, since each is 3 µs, where a point read takes 27.
        """
        refusal: Refusal | None = None
        began = monotonic()
        try:
            connection = await self._checked_out(first)
            try:
                try:
                    yield self._each_in_transaction(connection) if not first else connection
                except Refusal as no:
                    refusal = no
                wrote = last and self._writes.may_be_over and await connection.fetchval(WROTE)
                if last:
                    await connection.execute(last)
            except BaseException as error:
                await self._give_up(connection, error)
                raise
            else:
                self._answered_at = monotonic()
                self._tell_of_message(connection)
                if wrote or connection.has_message:
                    self._writes.note_write()
            finally:
                self._pool.release(connection)
        except asyncpg.UniqueViolationError as error:
            raise NotUnique from error
        except OUTAGES as error:
            if isinstance(error, TimeoutError) and not await self._answers_others(began):
                self._silent_until = monotonic() + SILENCE
            raise self._unavailable(error) from error
        self._outages.report_recovery()
        if refusal:
            raise refusal

    async def _give_up(self, connection: KeptAlive, error: BaseException) -> None:
        """The connection, unless the server has only said that no money is left for a text."""
        if isinstance(error, BudgetSpentError):
            if connection.is_in_transaction():
                await connection.execute("ROLLBACK")
            raise BudgetSpent from error
        _hang_up(connection)
        if isinstance(error, GONE):
            self._lost_at = monotonic()
            raise self._unavailable(error, lost=True) from error

    def _each_in_transaction(self, connection: KeptAlive) -> Connection:
        return EachInTransaction(connection, self._begin) if self._pooled else connection

    def _tell_of_message(self, connection: KeptAlive) -> None:
        """After a commit: whatever was queued is there for the dispatcher now."""
        if connection.has_message:
            self.message_queued.set()

    def _unavailable(self, error: BaseException, *, lost: bool = False) -> Unavailable:
        """A lost connection is told by whoever asks again, or cannot."""
        self._reason = describe_failure(error)
        STORE_FAILURES.add("postgres", "timeout" if isinstance(error, TimeoutError) else "error")
        is_read_only = isinstance(error, asyncpg.ReadOnlySQLTransactionError)
        if is_read_only and self._connector.parameters.is_written_to:
            self._pool.renew()  # the others lead there, too
        if isinstance(error, REFUSED_WRITES):
            self._writes.report_refusal(self._reason)
        elif not lost:
            self._outages.report_failure(self._reason)
        return Unavailable(reason=self._reason, lost=lost)

    @property
    def refused_writes(self) -> str:
        return self._writes.words

    async def _checked_out(self, first: str) -> KeptAlive:
        """A connection on which `first` was run. Where that, or the question to one that has
        rested, finds the connection dead, nothing was asked of it yet, so another one is taken: at
        the latest a new one.
        """
        now = monotonic()
        if now < self._silent_until:
            raise Unavailable(reason=self._reason)
        until = now + ACQUIRE_TIMEOUT
        while True:
            connection = self._pool.take() or await self._waited_for(until)
            now = monotonic()
            is_new, rested = connection.is_new, connection.rested > min(RESTED, now - self._lost_at)
            statement = first or (PROBE if rested else "")
            if not statement:
                return connection
            patience = min(PROBE_TIMEOUT if rested else BEGIN_TIMEOUT, until - now)
            try:
                await connection.execute(statement, timeout=patience)
                return connection
            except BaseException as error:
                dead = isinstance(error, OUTAGES) and monotonic() < until
                _hang_up(connection)
                self._pool.release(connection)
                if is_new or not dead:
                    raise

    async def _waited_for(self, until: float) -> KeptAlive:
        async with asyncio.timeout(until - monotonic()):
            return await self._pool.acquire()

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

    async def _connect(self) -> KeptAlive:
        """For the pool."""
        session = POOLED if self._pooled else session_of(self._statement_timeout)
        return await self._connector.connect(
            CONNECT_TIMEOUT, command_timeout=self._patience, **session
        )

    async def _answers_others(self, began: float) -> bool:
        """Whoever else asked since then, or asks now."""
        return self._answered_at >= began or await self._is_there()

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


def _hang_up(connection: Any) -> None:
    """What is under way is rolled back by the server. Waiting for a cancelled statement and asking
    for the rollback would take as long again as what has just taken too long.
    """
    with suppress(asyncpg.InterfaceError):  # it is closed already
        connection.terminate()


# Which schema the code needs, and which one a database has.

FOLDER = ROOT / "migrations"


def list_revisions() -> list[str]:
    """The file names start with their time, so the last one is the head."""
    return sorted(file.name.partition("_")[0] for file in FOLDER.glob("versions/[0-9]*.py"))


def newest_revision() -> str:
    return list_revisions()[-1]


async def current_revision(database_url: str) -> str | None:
    """None for an empty database. Raises `Unavailable`."""
    try:
        connection = await Connector(parse_database_url(database_url)).connect(**POOLED)
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
