"""Hashing of passwords: argon2id off the event loop, with a short queue."""

import asyncio
import os
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock, get_native_id
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type

from app.domain.errors import Unavailable

T = TypeVar("T")

QUEUE = 16
# While more wait, so many results are handed to the event loop together: each hash empties the
# caches of the processor (19 MiB), after which a turn of the loop takes three times as long.
TOGETHER = QUEUE // 2
NICE = 5  # of 19; each step is a tenth less of a contended core


class Busy(Unavailable):
    code = "busy"
    message = "Many people are here right now. Nothing was lost. Try again in a few seconds."


class Passwords:
    """Hashes and verifies; as many at once as cores, a queue of 16, then `Busy`.

    argon2id with 19 MiB, 2 passes, 1 lane: the OWASP password storage cheat sheet's first choice.
    """

    def __init__(self) -> None:
        self._cores = os.cpu_count() or 1
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
        # Verified for addresses nobody has; nothing hashes to it that anybody could type.
        self.decoy = self._hasher.hash(os.urandom(32))
        self._threads = ThreadPoolExecutor(self._cores, "argon2", _stand_back)
        self._lock = Lock()
        self._unfinished = 0
        self._finished: list[tuple[asyncio.Future[Any], Future[Any]]] = []

    async def hash(self, password: str) -> str:
        """The PHC string to store. Raises `Busy` when the queue is full."""
        return await self._aside(self._hasher.hash, password.encode())

    async def verify(self, stored: str, password: str) -> bool:
        """Whether `password` belongs to the stored PHC string. Raises `Busy`."""
        return await self._aside(self._matches, stored, password.encode())

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than are used now."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _aside(self, work: Callable[..., T], *args: object) -> T:
        with self._lock:
            if self._unfinished >= self._cores + QUEUE:
                raise Busy(retry_after=2)
            self._unfinished += 1
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            job = self._threads.submit(work, *args)
        except RuntimeError:  # no thread can be started, or none any more
            with self._lock:
                self._unfinished -= 1
            raise
        job.add_done_callback(lambda job: self._finish(answer, job))
        try:
            return await answer
        finally:
            job.cancel()  # whoever asked may be gone before its turn

    def _finish(self, answer: asyncio.Future[T], job: Future[T]) -> None:
        """On the thread that did it. What is kept back goes with one that is still to finish."""
        with self._lock:
            self._unfinished -= 1
            self._finished.append((answer, job))
            if self._unfinished > self._cores and len(self._finished) < TOGETHER:
                return
            finished, self._finished = self._finished, []
        loop = answer.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_hand_over, finished)


def _hand_over(finished: list[tuple[asyncio.Future[Any], Future[Any]]]) -> None:
    for answer, job in finished:
        if answer.done():
            continue
        if job.cancelled():
            answer.cancel()
        elif error := job.exception():
            answer.set_exception(error)
        else:
            answer.set_result(job.result())


def _stand_back() -> None:
    """Pages and the stores have a larger share of a contended core. Where that is not allowed, as
    in some containers, or threads have no priority of their own, all have the same.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)
