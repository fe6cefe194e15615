"""Vital signs of a server that are no dependency of it: outbox, clock, hashing, limits, keys."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from time import time
from typing import Any

from app.domain.checks import Checks, Finding, Status
from app.domain.cleanup import find_gaps
from app.domain.errors import Unavailable
from app.domain.identity.hashing import KEPT, QUEUE, PasswordHashing
from app.domain.keys import SecretKeys
from app.domain.limits import DAY
from app.domain.ports import Database, Refilled, ShortMemory
from app.domain.sessions.tokens import AccessTokens
from app.domain.sql import load_queries

sql = load_queries(__file__, "vitals.sql")

LATE = 10.0  # seconds that a message may be overdue
PATIENCE = 0.5  # seconds for the memory to count: less than a check may take
APART = 2.0  # seconds that clocks may be: a token of this second is refused where it is not yet so


class CountedBy(StrEnum):
    """Who says how much was sent and guessed."""

    REDIS = "redis"
    BOTH = "both"  # Redis has counted for less than a day, and was not told what was before
    POSTGRESQL = "postgresql"  # Redis is silent


@dataclass(frozen=True, slots=True)
class Waiting:
    """Messages of one channel and kind, `code` or `notice`, that are not sent yet; in seconds how
    long the oldest waits, and how long it should have been tried by now.
    """

    channel: str
    kind: str
    messages: int
    age: float
    overdue: float


@dataclass(frozen=True, slots=True)
class Release:
    """What runs here, and the newest revision of the schema that it needs."""

    version: str
    revision: str


def compare_clocks(offset: float, digits: int = 1) -> str:
    """In words; `offset` in seconds, with so many digits behind the point."""
    return f"{abs(offset):.{digits}f} s {'ahead of' if offset > 0 else 'behind'} the database’s"


class Vitals:
    """`secrets` are the keys of `SECRET_KEY`."""

    def __init__(
        self,
        database: Database,
        memory: ShortMemory,
        hashing: PasswordHashing,
        tokens: AccessTokens,
        secrets: SecretKeys,
        release: Release,
        clock: Callable[[], float] = time,
    ) -> None:
        self._database, self._memory = database, memory
        self._hashing, self._tokens, self._clock = hashing, tokens, clock
        self._secrets, self.release = secrets, release
        self.waiting: Sequence[Waiting] | None = None
        self.clock_offset: float | None = None
        self.limits_by: CountedBy | None = None

    @property
    def checks(self) -> Checks:
        """Each of them notes what it finds."""
        return {
            "outbox": self._check_outbox,
            "clock": self._check_clock,
            "hashing": self._check_hashing,
            "limits": self._check_limits,
            "partitions": self._check_partitions,
        }

    def describe(self) -> dict[str, Any]:
        """As the checks last found it, with seconds; None for what they could not find out. For
        operators.
        """
        waiting = self.waiting
        return {
            "version": self.release.version,
            "revision": self.release.revision,
            "keys": {
                "signing": [key["kid"] for key in self._tokens.public_keys()],
                "secret": self._list_secrets(),
            },
            "clock": {"offset": self.clock_offset},
            "outbox": {
                "messages": None if waiting is None else _count(waiting),
                "age": None if waiting is None else max((w.age for w in waiting), default=0.0),
                "overdue": None if waiting is None else _latest(waiting),
            },
            "hash_queue": self._hashing.waiting,
            "limits": self.limits_by,
        }

    def _list_secrets(self) -> list[str]:
        """Their fingerprints, that of the one that signs first."""
        signs = self._secrets.signs_by
        return [signs, *(each for each in self._secrets.configured if each != signs)]

    async def _check_outbox(self) -> Finding:
        try:
            async with self._database.connection() as connection:
                rows = await connection.fetch(*sql.find_waiting())
        except BaseException:  # also where the check takes too long
            self.waiting = None
            raise
        waiting = [Waiting(*(row[name] for name in Waiting.__dataclass_fields__)) for row in rows]
        self.waiting, late = waiting, _latest(waiting)
        note = f"{_count(waiting)} to be sent, the longest overdue by {late:.0f} s"
        return (Status.WARN if late > LATE else Status.PASS), note

    async def _check_clock(self) -> Finding:
        try:
            async with self._database.connection() as connection:
                before = self._clock()
                theirs = await connection.fetchval(*sql.read_clock())
                after = self._clock()
        except BaseException:
            self.clock_offset = None
            raise
        # Somewhere in between the database has looked at its own.
        self.clock_offset = offset = round((before + after) / 2 - theirs, 3)
        is_apart = abs(offset) > APART + (after - before)
        return (Status.WARN if is_apart else Status.PASS), compare_clocks(offset)

    async def _check_hashing(self) -> Finding:
        waiting = self._hashing.waiting
        full = waiting >= QUEUE - KEPT
        return (Status.WARN if full else Status.PASS), f"{waiting} of {QUEUE} places are taken"

    async def _check_partitions(self) -> Finding:
        gaps = await find_gaps(self._database)
        return (Status.WARN if gaps else Status.PASS), gaps

    async def _check_limits(self) -> Finding:
        self.limits_by = await self._find_who_counts()
        words = {
            CountedBy.REDIS: (Status.PASS, "Redis counts"),
            CountedBy.BOTH: (Status.PASS, "Redis counts anew, so PostgreSQL is asked too"),
            CountedBy.POSTGRESQL: (Status.WARN, "PostgreSQL counts, as Redis is silent"),
        }
        return words[self.limits_by]

    async def _find_who_counts(self) -> CountedBy:
        try:
            async with asyncio.timeout(PATIENCE):
                # To count, even nothing, would leave a mark where the memory is silent.
                await self._memory.get("health")
                count = await self._memory.count((), "")
        except (Unavailable, TimeoutError):
            return CountedBy.POSTGRESQL
        is_known = count.memory_age >= DAY or count.refilled is not Refilled.NO
        return CountedBy.REDIS if is_known else CountedBy.BOTH


def _count(waiting: Sequence[Waiting]) -> int:
    return sum(each.messages for each in waiting)


def _latest(waiting: Sequence[Waiting]) -> float:
    """Seconds that the one which is most overdue should have been tried ago."""
    return max((each.overdue for each in waiting), default=0.0)
