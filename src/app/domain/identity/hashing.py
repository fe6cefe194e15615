"""Hashing of passwords: argon2id off the event loop, with a short queue."""

import asyncio
import os
import sys
import unicodedata
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from enum import Enum
from threading import Lock, get_native_id
from time import perf_counter
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import ARGON2_VERSION, Type

from app.domain.errors import Unavailable
from app.domain.i18n import _
from app.domain.metrics import HASH_QUEUE, HASH_WAIT

T = TypeVar("T")

QUEUE = 16
KEPT = QUEUE // 4  # places that strangers leave to devices their owner has signed in from
# While more wait, so many results are handed to the event loop together: each hash empties the
# caches of the processor (19 MiB), after which a turn of the loop takes three times as long.
BATCH = QUEUE // 2
NICE = 5  # of 19; each step is a tenth less of a contended core


class Busy(Unavailable):
    code = "busy"
    message = _("We’re very busy right now. Nothing was lost. Try again in a few seconds.")


class Match(Enum):
    """How a password fits a hash: not, as one is made now, or as one was made before."""

    WRONG, CURRENT, OUTDATED = range(3)


class PasswordHashing:
    """Hashes and verifies; as many at once as cores, a queue of 16, then `Busy`. A password is
    hashed in its normal form C (Unicode annex 15): keyboards write the same letters differently.

    argon2id with 19 MiB, 2 passes, 1 lane: the OWASP password storage cheat sheet's first choice.
    """

    def __init__(self) -> None:
        self._cores = os.cpu_count() or 1
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
        self.decoy = _build_decoy(self._hasher)
        self._threads = ThreadPoolExecutor(self._cores, "argon2", _stand_back)
        self._lock = Lock()
        self._unfinished = 0
        self._finished: list[tuple[asyncio.Future[Any], Future[Any]]] = []

    async def hash_password(self, password: str) -> str:
        """The PHC string to store. Raises `Busy` when the queue is full."""
        return await self._run_in_thread(QUEUE, self._hasher.hash, _forms(password)[0])

    async def verify_password(self, stored: str, password: str) -> bool:
        """Whether `password` belongs to the stored PHC string. Raises `Busy`."""
        return await self.match_password(stored, password) is not Match.WRONG

    async def match_password(self, stored: str, password: str, *, known: bool = False) -> Match:
        """How `password` fits the stored PHC string. `known` are devices that the owner has signed
        in from. Raises `Busy`.
        """
        room = QUEUE if known else QUEUE - KEPT
        return await self._run_in_thread(room, self._match_password, stored, _forms(password))

    @property
    def waiting(self) -> int:
        """For one of the cores."""
        return max(0, self._unfinished - self._cores)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _match_password(self, stored: str, forms: tuple[bytes, ...]) -> Match:
        found = next((form for form in forms if self._fits(stored, form)), None)
        if found is None:
            return Match.WRONG
        outdated = found != forms[0] or self._hasher.check_needs_rehash(stored)
        return Match.OUTDATED if outdated else Match.CURRENT

    def _fits(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _run_in_thread(self, room: int, work: Callable[..., T], *args: object) -> T:
        with self._lock:
            if self._unfinished >= self._cores + room:
                raise Busy(retry_after=2)
            self._unfinished += 1
            HASH_QUEUE.add()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            job = self._threads.submit(self._work, perf_counter(), work, *args)
        except RuntimeError:  # no thread can be started, or none any more
            with self._lock:
                self._unfinished -= 1
                HASH_QUEUE.add(by=-1)
            raise
        job.add_done_callback(lambda job: self._finish(future, job))
        try:
            return await future
        finally:
            job.cancel()  # whoever asked may be gone before its turn

    def _work(self, asked_at: float, work: Callable[..., T], *args: object) -> T:
        with self._lock:
            HASH_WAIT.observe(perf_counter() - asked_at)
        return work(*args)

    def _finish(self, future: asyncio.Future[T], job: Future[T]) -> None:
        """On the thread that did it. What is kept back goes with one that is still to finish."""
        with self._lock:
            self._unfinished -= 1
            HASH_QUEUE.add(by=-1)
            self._finished.append((future, job))
            if self._unfinished > self._cores and len(self._finished) < BATCH:
                return
            finished, self._finished = self._finished, []
        loop = future.get_loop()
        if not loop.is_closed():
            loop.call_soon_threadsafe(_hand_over, finished)


def _build_decoy(hasher: PasswordHasher) -> str:
    """Verified for addresses nobody has. Its digest is none of a password, but as long to compare:
    nobody waits for a hash at a start.
    """
    start = f"$argon2id$v={ARGON2_VERSION}$m={hasher.memory_cost},t={hasher.time_cost}"
    salt, digest = (
        b64encode(os.urandom(size)).decode().rstrip("=")
        for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"{start},p={hasher.parallelism}${salt}${digest}"


def _forms(password: str) -> tuple[bytes, ...]:
    """The form that is hashed, then those that an older hash may have been made from: as it was
    typed, which may have been decomposed. Most passwords have only one.
    """
    composed, decomposed = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    return tuple(dict.fromkeys(form.encode() for form in (composed, password, decomposed)))


def _hand_over(finished: list[tuple[asyncio.Future[Any], Future[Any]]]) -> None:
    for future, job in finished:
        if future.done():
            continue
        if job.cancelled():
            future.cancel()
        elif error := job.exception():
            future.set_exception(error)
        else:
            future.set_result(job.result())


def _stand_back() -> None:
    """Pages and the stores have a larger share of a contended core. Where that is not allowed, as
    in some containers, or threads have no priority of their own, all have the same.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)
