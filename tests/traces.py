"""Recorded days of sends, and the rules that others decide by, to be replayed on the same days.

A trace is made by a seed, so it is the same each time. Times are seconds since it began.
"""

import heapq
import random
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import Protocol

from app.domain.identity.phone import Phone
from app.domain.limits import DAY, HOUR, MINUTE, Origin

SE, REGION = "+4670174", "SE"


class Asker(Enum):
    ATTACKER = "attacker"
    NEWCOMER = "newcomer"  # signs up
    OWNER = "owner"  # signs in to an account, from a new device
    KNOWN_DEVICE = "known device"  # signs in from a device that was there before

    @property
    def is_honest(self) -> bool:
        return self is not Asker.ATTACKER


class Verdict(Enum):
    SENT = "sent"
    EMAIL_FIRST = "asked for e-mail first"
    DELAYED = "asked for e-mail first, and to wait"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """`proves_after` seconds, None for a code that is never entered. `has_mailbox`: goes on where
    an e-mail address is asked for first.
    """

    at: float
    number: int
    phone: Phone = field(compare=False)
    origin: Origin = field(compare=False)
    asker: Asker = field(compare=False)
    proves_after: float | None = field(compare=False, default=None)

    @property
    def has_mailbox(self) -> bool:
        return self.asker.is_honest


class Rule(Protocol):
    name: str

    async def decide(self, ask: Ask) -> Verdict: ...
    async def prove(self, ask: Ask) -> None:
        """The code of the ask is entered, now."""


@dataclass
class Outcome:
    """What a rule did in a trace."""

    rule: str
    lost: int = 0  # texts to attackers that nobody proved
    asked: int = 0  # honest people
    last_refused_at: float = 0.0  # an honest one
    verdicts: dict[Asker, dict[Verdict, int]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(int))
    )

    def count(self, verdict: Verdict, *askers: Asker) -> int:
        return sum(self.verdicts[asker][verdict] for asker in askers)

    def count_honest(self, verdict: Verdict) -> int:
        return self.count(verdict, *(asker for asker in Asker if asker.is_honest))

    @property
    def honest_unusual(self) -> int:
        """Honest people who were not simply sent their text."""
        return self.asked - self.count_honest(Verdict.SENT)


async def replay(
    trace: list[Ask], rule: Rule, turn: Callable[[float], Awaitable[None] | None]
) -> Outcome:
    """Asks and proofs in their order; `turn` sets the clock before each."""
    outcome = Outcome(rule.name)
    events: list[tuple[float, int, Ask, bool]] = [(ask.at, ask.number, ask, False) for ask in trace]
    heapq.heapify(events)
    while events:
        at, _, ask, is_proof = heapq.heappop(events)
        turned = turn(at)
        if turned is not None:
            await turned
        if is_proof:
            await rule.prove(ask)
            continue
        verdict = await rule.decide(ask)
        outcome.verdicts[ask.asker][verdict] += 1
        outcome.asked += ask.asker.is_honest
        if verdict is Verdict.REFUSED and ask.asker.is_honest:
            outcome.last_refused_at = at
        is_sent = verdict is Verdict.SENT or (verdict is not Verdict.REFUSED and ask.has_mailbox)
        if is_sent and ask.proves_after is not None:
            heapq.heappush(events, (at + ask.proves_after, ask.number, ask, True))
        elif is_sent and not ask.asker.is_honest:
            outcome.lost += 1
    return outcome


# The traces.


class Recorder:
    """Makes asks. Of honest people one in ten never enters a code; the others take 15 to 90 s."""

    def __init__(self, seed: int) -> None:
        self._random, self._numbers = random.Random(seed), count(1)
        self.asks: list[Ask] = []

    def honest(self, at: float, asker: Asker = Asker.NEWCOMER, address: str = "") -> None:
        proves = None if self._random.random() < 0.1 else self._random.uniform(15, 90)
        self._add(at, self._spread(), address or self._any_address(), asker, proves)

    def attack(self, at: float, phone: str, address: str, proves: float | None = None) -> None:
        self._add(at, phone, address, Asker.ATTACKER, proves)

    def pumped(self, at: float, block: int, is_proved: bool) -> None:
        """By a botnet, to a number of a block that the attacker has rented."""
        phone = f"+4670{block:03d}{self._random.randrange(10_000):04d}"
        self.attack(at, phone, self._any_address(), 60.0 if is_proved else None)

    def times(self, many: int, seconds: float) -> list[float]:
        return sorted(self._random.uniform(0, seconds) for _ in range(many))

    def _spread(self) -> str:
        return f"+467{self._random.choice('2369')}{self._random.randrange(10_000_000):07d}"

    def _any_address(self) -> str:
        pick = self._random.randrange
        return f"{pick(11, 99)}.{pick(1, 255)}.{pick(1, 255)}.{pick(1, 255)}"

    def _add(self, at: float, phone: str, ip: str, asker: Asker, proves: float | None) -> None:
        ask = Ask(at, next(self._numbers), Phone(phone, REGION), Origin.of(ip), asker, proves)
        self.asks.append(ask)


def pumping() -> list[Ask]:
    """500 sends in two hours to 20 blocks of one region, 2 % of them proved, by a botnet; and 50
    people who sign up.
    """
    record = Recorder(1)
    for number, at in enumerate(record.times(500, 2 * HOUR)):
        record.pumped(at, number % 20, is_proved=number % 50 == 0)
    for at in record.times(50, 2 * HOUR):
        record.honest(at)
    return sorted(record.asks)


def stopped_country() -> list[Ask]:
    """50 sends from one IPv6 /48 within 8 s; then a day in which 240 people sign up, and 240 sign
    in, half of them from a device that was there before.
    """
    record = Recorder(2)
    for number in range(50):
        phone = f"+4673{number:03d}{number:04d}"
        record.attack(number * 8 / 50, phone, f"2001:db8:7:{number:x}::1")
    for number, at in enumerate(record.times(480, DAY)):
        kinds = (Asker.NEWCOMER, Asker.OWNER, Asker.NEWCOMER, Asker.KNOWN_DEVICE)
        record.honest(MINUTE + at, kinds[number % 4])
    return sorted(record.asks)


def launch() -> list[Ask]:
    """3,000 people sign up within an hour, from one country through one address of a carrier."""
    record = Recorder(3)
    for at in record.times(3000, HOUR):
        record.honest(at, address="198.51.100.7")
    return sorted(record.asks)


def slow_drip() -> list[Ask]:
    """Over 14 days a text every 20 minutes that nobody enters, from another address and to another
    block each time, amid 100 sign-ups a day.
    """
    record = Recorder(4)
    for number in range(14 * 72):
        record.pumped(number * 20 * MINUTE, number % 900, is_proved=False)
    for at in record.times(14 * 100, 14 * DAY):
        record.honest(at)
    return sorted(record.asks)


# The rules of others.


class Sends:
    """Times of what was sent and proved under a key, and how many lie within a window."""

    def __init__(self) -> None:
        self._times: dict[object, list[float]] = defaultdict(list)

    def add(self, key: object, at: float) -> None:
        insort(self._times[key], at)

    def remove(self, key: object, at: float) -> None:
        times = self._times[key]
        del times[bisect_left(times, at)]

    def within(self, key: object, now: float, seconds: float) -> int:
        times = self._times[key]
        return bisect_right(times, now) - bisect_left(times, now - seconds)

    def most_a_day(self, key: object, now: float, days: int) -> int:
        """In the fullest of so many days before now."""
        return max(self.within(key, now - day * DAY, DAY) for day in range(days))


class FixedCaps:
    """So many a day for a region and in all, as this product had before."""

    name = "fixed caps of 50 and 500 a day"

    def __init__(self) -> None:
        self._sent = Sends()

    async def decide(self, ask: Ask) -> Verdict:
        if self._sent.within(ask.phone.region, ask.at, DAY) >= 50:
            return Verdict.REFUSED
        self._sent.add(ask.phone.region, ask.at)
        return Verdict.SENT

    async def prove(self, ask: Ask) -> None:
        """Gives nothing back."""


class Authgear:
    """Its published rule, at its strictest (`deny_if_any_warning`; it ships as `record_only`):
    unverified codes by country and by address, authgear-server docs/specs/fraud-protection.md.
    `verified_a_day` is the history that the country has.
    """

    name = "Authgear, denying"

    def __init__(self, verified_a_day: int) -> None:
        self._unverified, self._verified = Sends(), Sends()
        self._history = verified_a_day

    async def decide(self, ask: Ask) -> Verdict:
        if any(full for full in self._is_full(ask)):
            return Verdict.REFUSED
        for key in (ask.phone.region, ask.origin.address):
            self._unverified.add(key, ask.at)
        return Verdict.SENT

    def _is_full(self, ask: Ask) -> Iterator[bool]:
        region, address, now = ask.phone.region, ask.origin.address, ask.at
        most = max(self._history, self._verified.most_a_day(region, now, 14))
        a_day = max(20.0, most * 0.2, self._verified.within(region, now, DAY) * 0.2)
        an_hour = max(3.0, a_day / 6, self._verified.within(region, now, HOUR) * 0.2)
        yield self._unverified.within(region, now, DAY) >= a_day
        yield self._unverified.within(region, now, HOUR) >= an_hour
        from_address = self._verified.within(address, now, DAY) * 0.2
        yield self._unverified.within(address, now, DAY) >= max(10.0, from_address)
        yield self._unverified.within(address, now, HOUR) >= max(5.0, from_address / 6)

    async def prove(self, ask: Ask) -> None:
        for key in (ask.phone.region, ask.origin.address):
            self._unverified.remove(key, ask.at)
            self._verified.add(key, ask.at)


class AuthgearAsShipped(Authgear):
    """Only writes down what it would have denied."""

    name = "Authgear, as shipped"

    async def decide(self, ask: Ask) -> Verdict:
        await super().decide(ask)
        return Verdict.SENT

    async def prove(self, ask: Ask) -> None:
        """Nothing depends on it."""
