"""The connections of one process to PostgreSQL: each is lent to one unit of work after the other.

Not asyncpg's own pool: that makes a task, a future and three timers for each use of a connection,
which is half of what a statement costs (measured: 33 µs of the 62 of a point read, not 4 of 27).
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from math import inf
from time import monotonic

import asyncpg

from app.adapters.postgres_connection import KeptAlive
from app.domain.metrics import POOL_WAIT, POOL_WAITERS

# Uses, after which the server may have back what it has kept for a connection.
MOST_USES = 50_000
# Seconds. The server has no more connections for us: for so long those we have must do.
ENOUGH = 1.0
REPORTED_EVERY = 60.0

log = logging.getLogger("app.outages")


class ConnectionPool:
    """At most `size` of them, each opened by `connect` when nobody else's is free. One that nobody
    has used for `idle_timeout` seconds is closed.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[KeptAlive]], size: int, idle_timeout: float
    ) -> None:
        self._connect, self._size, self._idle_timeout = connect, size, idle_timeout
        self._open: set[KeptAlive] = set()
        self._slots = 0  # those open and those that are being opened
        self._free: list[KeptAlive] = []  # the one that has rested longest first
        self._waiting: deque[asyncio.Future[KeptAlive | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        self._full_until, self._reported_at = -inf, -inf

    def take(self) -> KeptAlive | None:
        """The free one that was used last, if there is one."""
        while self._free:
            connection = self._free.pop()
            if not connection.is_closed():
                return connection
            self._forget(connection)
        return None

    async def acquire(self) -> KeptAlive:
        """A free one, a new one, or the next that is released, in the order of who asked. Where the
        server has no more for us, one of those we have is waited for.
        """
        while True:
            try:
                return await self._acquire()
            except asyncpg.TooManyConnectionsError as error:
                if not self._open:
                    raise
                self._report_full(error)

    def _report_full(self, error: asyncpg.TooManyConnectionsError) -> None:
        now = monotonic()
        self._full_until = now + ENOUGH
        if now - self._reported_at > REPORTED_EVERY:
            self._reported_at = now
            facts = {"open": len(self._open), "wanted": self._size, "reason": str(error)}
            log.warning("PostgreSQL gives no more connections", extra=facts)

    async def _acquire(self) -> KeptAlive:
        if free := self.take():
            return free
        is_full = bool(self._open) and monotonic() < self._full_until
        if self._slots < self._size and not is_full:
            self._slots += 1
            return await self._opened()
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        asked_at = monotonic()
        POOL_WAITERS.add()
        try:
            given: KeptAlive | None = await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self._give(waiting.result())
            raise
        finally:
            POOL_WAITERS.add(by=-1)
            POOL_WAIT.observe(monotonic() - asked_at)
        return given or await self._opened()

    def release(self, connection: KeptAlive) -> None:
        """To whoever waits for one, with nothing under way. One that was closed makes room for
        another.
        """
        connection.rest()
        if connection.uses >= MOST_USES:
            connection.terminate()
        if connection.is_closed():
            self._open.discard(connection)
            self._give(None)
        else:
            self._give(connection)

    def renew(self) -> None:
        """None that is open now is lent again; what is under way goes on."""
        for connection in self._free:
            connection.terminate()
        for connection in self._open:
            connection.uses = MOST_USES

    def close(self) -> None:
        """All of them, also those that are in use."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        for connection in self._open:
            connection.terminate()

    async def _opened(self) -> KeptAlive:
        """In a slot that the caller has."""
        try:
            if self._closed:
                raise asyncpg.InterfaceError("the pool was closed")
            connection = await self._connect()
        except BaseException:
            self._give(None)
            raise
        self._open.add(connection)
        return connection

    def _give(self, connection: KeptAlive | None) -> None:
        """None is the slot of one."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return
        if connection is None:
            self._slots -= 1
            return
        self._free.append(connection)
        if self._timer is None:
            self._look_in(self._idle_timeout)

    def _look_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._close_idle)

    def _close_idle(self) -> None:
        self._timer = None
        while self._free and self._free[0].rested >= self._idle_timeout:
            connection = self._free.pop(0)
            connection.terminate()
            self._forget(connection)
        if self._free:
            self._look_in(self._idle_timeout - self._free[0].rested)

    def _forget(self, connection: KeptAlive) -> None:
        self._open.discard(connection)
        self._slots -= 1
