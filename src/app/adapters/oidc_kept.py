"""A value from elsewhere: fetched once for all who wait for it, and kept when fetching fails."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from app.domain.errors import Refusal

T = TypeVar("T")

HOLD = 15.0  # seconds after a fetch that failed, in which the old value is given without asking
STALE = 86_400.0  # seconds; older than a day nothing is believed any more
NEVER = float("-inf")


class Kept(Generic[T]):
    """`fetch` raises a `Refusal`; its value is good for `fresh` seconds."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], fresh: float) -> None:
        self._fetch, self._fresh = fetch, fresh
        self._fetching: asyncio.Task[T] | None = None
        self._fetched_at = self._failed_at = NEVER
        self.value: T | None = None

    @property
    def is_being_renewed(self) -> bool:
        return self._fetching is not None

    async def get(self) -> T:
        """Raises what `fetch` raised when there is no value of the last day either."""
        age = monotonic() - self._fetched_at
        held = age < STALE and monotonic() - self._failed_at < HOLD
        if self.value is not None and (age < self._fresh or held):
            return self.value
        try:
            return await self.renew()
        except Refusal:
            if self.value is None or age >= STALE:
                raise
            return self.value

    async def renew(self) -> T:
        """Fetches now; who asks meanwhile waits for the same, and may go away without ending it."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._renew())
            self._fetching.add_done_callback(self._done)
        return await asyncio.shield(self._fetching)

    async def _renew(self) -> T:
        self.value = await self._fetch()
        self._fetched_at = monotonic()
        return self.value

    def _done(self, task: asyncio.Task[T]) -> None:
        self._fetching = None
        # Looked at here, since nobody may be waiting any more.
        if not task.cancelled() and task.exception():
            self._failed_at = monotonic()
