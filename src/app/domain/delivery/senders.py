"""Who sends the texts, or the mails: in order, each with a breaker of its own. After several
failures in a row a sender is left alone for a while, and other processes are told of it.
"""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from app.domain.concurrency import Lazy
from app.domain.errors import Unavailable
from app.domain.ports import Dependency, ShortMemory

log = logging.getLogger("app.sending")

FAILURES = 5  # in a row, until it opens
REST = 10.0  # seconds it stays open; then one message tries again
AGED = 60.0  # seconds after which a failure no longer makes a row with the next


class CircuitBreaker:
    """Closed, open, or (after the rest) trying with one message at a time."""

    def __init__(self) -> None:
        self._failures = 0
        self.failed_at = 0.0  # by `monotonic`, last
        self._failed_last: UUID | None = None
        self._failing_since: float | None = None
        self._spared_until = 0.0
        self.unsure = False  # whether the last failure may have been none: there was no answer
        self.words = ""  # of the provider or the network, when it last failed; "" since it works

    @property
    def has_failed_too_often(self) -> bool:
        """Here, in this process."""
        return self._failures >= FAILURES and not self._is_past(AGED)

    @property
    def tripped(self) -> bool:
        """Open, or trying: messages wait for it."""
        return self.has_failed_too_often or monotonic() < self._spared_until

    @property
    def is_open(self) -> bool:
        resting = self.has_failed_too_often and not self._is_past(REST)
        return resting or monotonic() < self._spared_until

    def free_slots(self, in_flight: int, most: int) -> int:
        """How many more may be sent at once, with so many in flight already."""
        if self.is_open:
            return 0
        return max(0, (1 if self.tripped else most) - in_flight)

    def has_failed_for(self, seconds: float) -> bool:
        """Whether what was to be sent then waits: it failed before, and not one has succeeded."""
        return self._failing_since is not None and monotonic() - self._failing_since >= seconds

    def spare(self, seconds: float) -> None:
        """Leaves it alone for so long: another process has found it so."""
        self._spared_until = monotonic() + seconds

    def record_success(self) -> None:
        self._failures, self._failing_since = 0, None

    def record_failure(self, message: UUID | None = None, *, unsure: bool = False) -> None:
        """One `message` that fails again and again is no row: others may be taken meanwhile."""
        if self._is_past(AGED):
            self._failures = 1
        elif message is None or message != self._failed_last:
            self._failures += 1
        self._failed_last = message
        self.failed_at, self.unsure = monotonic(), unsure
        if self._failing_since is None:
            self._failing_since = self.failed_at

    def _is_past(self, seconds: float) -> bool:
        """Whether the last failure was so long ago."""
        return monotonic() - self.failed_at >= seconds


T = TypeVar("T")

# In flight at once through each sender. With a sender that answers within 0.1 s that is 500 a
# second; more would only wait for the CPU of this process, and hang together with a sender.
MOST = 50


@dataclass(slots=True)
class Sender(Generic[T]):
    """A vendor's account, or what stands in for it. `dependency` is what operators call it; `port`
    loads its package when the first message needs it: one takes 0.3 s and 20 MB.
    """

    port: Lazy[T]
    dependency: Dependency
    breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    in_flight: set[UUID] = field(default_factory=set)  # messages
    # Of one that was left alone: whether it is being asked something now, and has answered since.
    is_asked: bool = False
    is_back: bool = False

    @property
    def name(self) -> str:
        return self.dependency.name

    @property
    def room(self) -> int:
        return self.breaker.free_slots(len(self.in_flight), MOST)


class Senders(Generic[T]):
    """All of one kind, the preferred one first."""

    def __init__(self, *senders: Sender[T]) -> None:
        self.all: Sequence[Sender[T]] = senders

    @property
    def are_down(self) -> bool:
        """Whether whatever is sent now has to wait."""
        return all(sender.breaker.is_open for sender in self.all)

    @property
    def next(self) -> Sender[T]:
        """The first that works, else the first that may be tried again, else the first."""
        working = [sender for sender in self.all if not sender.breaker.tripped]
        return (working or [each for each in self.all if each.room] or self.all)[0]

    @property
    def able(self) -> list[Sender[T]]:
        """Those that may be given one more message, in order. Where there are others, one that was
        left alone gets none before it has answered a question: nobody's code is a test.
        """
        return [each for each in self.all if each.room and not self._is_doubtful(each)]

    @property
    def to_be_asked(self) -> list[Sender[T]]:
        """Those that were left alone for long enough."""
        return [
            each for each in self.all if each.room and self._is_doubtful(each) and not each.is_asked
        ]

    def let_go(self, message: UUID) -> None:
        """It is in flight no more."""
        for sender in self.all:
            sender.in_flight.discard(message)

    def find(self, name: str | None) -> Sender[T] | None:
        """None for one that is set up no more. What nobody has a name for was given to the first,
        before there could be others.
        """
        if name is None:
            return self.all[0]
        return next((sender for sender in self.all if sender.name == name), None)

    def _is_doubtful(self, sender: Sender[T]) -> bool:
        return sender.breaker.tripped and not sender.is_back and len(self.all) > 1


EVERY = 1.0  # seconds between two looks
SPARED = 2.5 * EVERY  # seconds that what was seen counts: until the next look but one
# Whoever found it out tries again after its rest, for as long as one try may take; the others wait
# for what comes of it. Without news, each finds out by itself again.
LIFETIME = timedelta(seconds=2 * REST)


class SharedOutages:
    """Where the short memory is silent, each process goes by what it has seen itself."""

    def __init__(self, memory: ShortMemory, senders: Sequence[Sender[Any]]) -> None:
        self._memory, self._senders = memory, senders
        self._name = uuid4().bytes
        self._written: dict[str, float] = {}  # when that failed which others were told of

    async def exchange(self) -> None:
        for sender in self._senders:
            with suppress(Unavailable):
                await self._exchange(sender)

    async def _exchange(self, sender: Sender[Any]) -> None:
        key, breaker = f"sender-down:{sender.name}", sender.breaker
        if breaker.has_failed_too_often and breaker.failed_at != self._written.get(key):
            log.warning("sender left alone", extra={"sender": sender.name, "reason": breaker.words})
            self._written[key] = breaker.failed_at
            await self._memory.put(key, self._name, LIFETIME)
        elif key in self._written and not breaker.has_failed_too_often:
            log.warning("sender used again", extra={"sender": sender.name})
            del self._written[key]
            await self._memory.take(key)
        elif await self._memory.get(key) not in (None, self._name):
            breaker.spare(SPARED)
