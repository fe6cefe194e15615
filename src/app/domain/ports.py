"""The needs of the domain, each met by a real and a local adapter."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Any, Protocol


class Record(Protocol):
    """One row, read by column name."""

    def __getitem__(self, key: str, /) -> Any: ...


class Connection(Protocol):
    """One connection to PostgreSQL. Statements take `$1`, `$2` and the database's own clock."""

    async def execute(self, query: str, /, *args: object) -> str: ...
    async def fetch(self, query: str, /, *args: object) -> Sequence[Record]: ...
    async def fetchrow(self, query: str, /, *args: object) -> Record | None: ...
    async def fetchval(self, query: str, /, *args: object) -> Any: ...
    def message_queued(self) -> None:
        """To be called by whoever queues a message: its commit wakes the dispatcher."""


class NotUnique(Exception):
    """What was to be written is someone else's since a moment ago; the unit of work is undone."""


class BudgetSpent(Exception):
    """A text was to be queued that the day's budget has no room for; the unit of work is undone."""


class Database(Protocol):
    """The truth. Every method raises `Unavailable` when PostgreSQL does not answer, `NotUnique`
    when a unique index says no, and `BudgetSpent`. `message_queued` is set once a message is
    committed that was queued over one of its connections.
    """

    message_queued: asyncio.Event

    @property
    def refused_writes(self) -> str:
        """Why it refused to write a moment ago, in its own words, although it answers; "" where it
        did not.
        """

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """For single statements, each its own transaction."""

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """One unit of work: committed after a yes and after a `Refusal`, rolled back on a crash."""


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` entries within `seconds`. A limit of 0 allows none."""

    seconds: int
    limit: int


@dataclass(frozen=True, slots=True)
class Tally:
    """One thing that is counted, e.g. texts to one number.

    `waits` are the seconds that must lie between the n-th entry of the last hour and the next one.
    `entry` is what this one enters, where it is not the same as the others that are counted with.
    Each entry of the tally `credit`, if one is named, makes room for another one. One that
    `is_only_checked` has to have room, but nothing is entered.
    """

    key: str
    windows: tuple[Window, ...]
    waits: tuple[int, ...] = ()
    entry: str = ""
    credit: str = ""
    is_only_checked: bool = False


@dataclass(frozen=True, slots=True)
class ReachedLimit:
    """The tally at `index` is full for another `retry_after` seconds."""

    index: int
    retry_after: int
    waiting: bool


class Refilled(IntEnum):
    """Whether the memory was told what was sent in the day before it forgot: all of it, or all but
    what went to people who have deleted their account since.
    """

    NO = 0
    ALL = 1
    BUT_DELETED = 2


@dataclass(frozen=True, slots=True)
class CountResult:
    """The outcome of counting. `memory_age`: seconds since the memory last forgot everything, or
    was silent when one of us had something to count. `before`: unless a limit was reached, how many
    entries each tally had in its first window.
    """

    reached: ReachedLimit | None
    memory_age: int
    refilled: Refilled = Refilled.NO
    before: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PastEntry:
    """What was entered in `tally`, or should have been, `age` seconds ago."""

    tally: Tally
    entry: str
    age: float


class ShortMemory(Protocol):
    """Atomic verbs over a store that may forget; each raises `Unavailable` when it is silent."""

    primaries: str  # where the last `check` found that is written to; "" where it never changes

    async def put(self, key: str, value: bytes, lifetime: timedelta) -> None: ...
    async def get(self, key: str) -> bytes | None: ...
    async def take(self, key: str) -> bytes | None:
        """Reads and removes in one step."""

    async def count(self, tallies: Sequence[Tally], entry: str) -> CountResult:
        """Enters `entry` in all tallies or, when any is full, in none and names the first. What a
        tally holds already is not entered again, nor refused.
        """

    async def uncount(self, tallies: Sequence[Tally], entry: str) -> None:
        """Takes `entry` back out of all tallies."""

    async def holds_any(self, tallies: Sequence[Tally]) -> bool:
        """Whether there is an entry in one of them."""

    async def begin_refill(self) -> str:
        """Its name until it forgets again; '' while another refills it, or has for a minute."""

    async def refill(self, entries: Sequence[PastEntry]) -> None:
        """Enters them, whether or not there is room. What a tally holds already stays as it is."""

    async def end_refill(self, name: str, refilled: Refilled) -> None:
        """From now on `count` says so; not where the memory has forgotten since it was called
        `name`.
        """

    async def check(self) -> str:
        """Reads and writes. What an operator should change about it, in words; "" for nothing."""


class Reason(StrEnum):
    """Why a message did not arrive."""

    UNUSABLE = "unusable"  # the number or address cannot receive it
    LANDLINE = "landline"  # nor can a number of that kind
    OPTED_OUT = "opted_out"  # the person replied STOP
    UNSERVED = "unserved"  # the place is not served
    FILTERED = "filtered"  # the carrier, or the mail service, lets none of ours through
    MISCONFIGURED = "misconfigured"  # our own account, sender or payload: an operator must act
    UNREACHABLE = "unreachable"  # the phone is off or without signal, or nobody knows
    EXPIRED = "expired"  # it was on its way for longer than it was of use
    BUSY = "busy"  # somebody was on the phone when we called
    NO_ANSWER = "no_answer"  # nobody picked up
    BLOCKED = "blocked"  # an operator keeps the number out: no vendor says so

    @property
    def is_for_good(self) -> bool:
        """Whether another message to there would fare the same, until the person changes it."""
        passing = (Reason.UNREACHABLE, Reason.EXPIRED, Reason.BUSY, Reason.NO_ANSWER)
        return self is not Reason.MISCONFIGURED and self not in passing


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider accepted it and will speak of it under `provider_id`."""

    provider_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no for good; never tried again. `words` are its own or those of the
    network, for operators: no contact, no secret, no URL.
    """

    reason: Reason
    provider_code: str
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Unsent:
    """Not processed, so safe to try again after `retry_after` seconds (None: own backoff)."""

    provider_code: str
    retry_after: float | None = None
    words: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """It may have gone out; at most one more try, with the same code."""

    provider_code: str
    words: str = field(default="", compare=False)


SendOutcome = Sent | Refused | Unsent | Uncertain


@dataclass(frozen=True, slots=True)
class Text:
    """An SMS. `to` is E.164; the provider drops it undelivered after `lifetime`. `purpose` is that
    of its code, "" without one; `reference` our opaque id of the delivery.
    """

    to: str
    body: str
    lifetime: timedelta
    purpose: str = ""
    reference: str = ""

    def matches(self, body: str) -> bool:
        """Whether `body` is of this text, at whatever time it was written: the last line holds the
        code, while the minutes that are named before it have become fewer meanwhile.
        """
        return self.body.splitlines()[-1:] == body.splitlines()[-1:]


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail. `reference`, our opaque id of the delivery, is all else the provider learns;
    `purpose` is that of its code, "" without one.
    """

    to: str
    subject: str
    text: str
    html: str
    reference: str
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What an adapter is called in `/health`, and what operators do about its trouble."""

    name: str
    remedy: str


class TextMessages(Protocol):
    async def send(self, text: Text) -> SendOutcome:
        """Never raises for what the provider or the network did: that is the outcome."""

    async def find(self, text: Text, age: timedelta) -> str | None:
        """The provider's id of this very text, if it was taken since `age` ago, else "".

        None from a provider that can never tell; raises `Unavailable` when it cannot just now.
        Asked after a process died between send and answer.
        """


class Mail(Protocol):
    async def send(self, email: Email) -> SendOutcome:
        """As for texts."""


class BreachedPasswords(Protocol):
    async def contains(self, password: str) -> bool:
        """Whether it is known from a break-in, within a second. Never raises: where nobody can tell
        just now, the answer is no, and `trouble` says so.
        """

    @property
    def trouble(self) -> str:
        """Why the last question was not answered, for operators; '' when it was."""


class MessageRenderer(Protocol):
    """Words of the texts and mails, by template name."""

    def render_text(self, template: str, context: Mapping[str, object]) -> str:
        """The body of an SMS."""

    def render_call(self, template: str, context: Mapping[str, object]) -> str:
        """What a call says, a line for each pause."""

    def render_email(self, template: str, context: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject, text part and HTML part of an e-mail."""
