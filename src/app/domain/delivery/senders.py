"""Who sends the texts, or the mails: in order, each with a breaker of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from uuid import UUID

from app.domain.concurrency import Lazy
from app.domain.delivery.breaker import CircuitBreaker
from app.domain.ports import Dependency

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
