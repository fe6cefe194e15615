"""Work in line, together, once, or in the background: for one key, or again and again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from app.domain.errors import Unavailable
from app.domain.metrics import BACKGROUND_FAILURES

T = TypeVar("T")


class KeyedLock:
    """Saves work, not truth: across processes the database's constraints decide."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield


class SingleFlight(Generic[T]):
    """The same asked for several times at once is done once, and its outcome is everybody's."""

    def __init__(self) -> None:
        self._in_flight: dict[Hashable, asyncio.Future[T]] = {}

    async def run(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Goes on to its end even when whoever asked first has gone."""
        doing = self._in_flight.get(key)
        if doing is None:
            doing = self._in_flight[key] = asyncio.ensure_future(work())
            doing.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(doing)

    def _ended(self, key: Hashable, done: asyncio.Future[T]) -> None:
        del self._in_flight[key]
        if not done.cancelled():
            done.exception()  # seen, also when nobody waits for it any more


class Lazy(Generic[T]):
    """What `make` makes once, in a thread, when it is first asked for."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._lock = make, asyncio.Lock()
        self._value: T | None = None

    async def get(self) -> T:
        """Raises whatever `make` does, and tries again at the next call."""
        async with self._lock:
            if self._value is None:
                self._value = await asyncio.to_thread(self._make)
            return self._value


# What a server does beside its requests, again and again, through whatever goes wrong.

log = logging.getLogger("app.background")

Work = Callable[[], Awaitable[object]]


async def keep_doing(
    name: str, work: Work, pause: Callable[[], float], turn: asyncio.Lock | None = None
) -> None:
    """Until cancelled: at once, and then after each `pause()` in seconds. Works that share a `turn`
    wait for each other, and so need one connection between them.
    """
    turn = turn or asyncio.Lock()
    while True:
        async with turn:
            await attempt(name, work)
        await asyncio.sleep(pause())


async def attempt(name: str, work: Work) -> None:
    """Whatever goes wrong is only logged: the next time may be better, and without a next time
    it never is.
    """
    try:
        await work()
    except Unavailable as error:
        BACKGROUND_FAILURES.add(name)
        facts = {"work": name, "code": error.code, "reason": error.reason}
        log.warning("background work has to wait", extra=facts)
    except Exception:
        BACKGROUND_FAILURES.add(name)
        log.exception("background work crashed", extra={"work": name})
