"""Standing in line, or together: work for one key within this process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

T = TypeVar("T")


class OneAtATime:
    """Saves work, not truth: across processes the database's constraints decide."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def __call__(self, key: str) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            yield


class Together(Generic[T]):
    """The same asked for several times at once is done once, and its outcome is everybody's."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Future[T]] = {}

    async def __call__(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """Goes on to its end even when whoever asked first has gone."""
        doing = self._under_way.get(key)
        if doing is None:
            doing = self._under_way[key] = asyncio.ensure_future(work())
            doing.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(doing)

    def _ended(self, key: Hashable, done: asyncio.Future[T]) -> None:
        del self._under_way[key]
        if not done.cancelled():
            done.exception()  # seen, also when nobody waits for it any more
