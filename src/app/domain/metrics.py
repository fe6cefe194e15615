"""Metrics: what processes count, by families with names and labels. No label holds a number, an
address or a path that somebody made up.

A number is read, added to and written back, so each family is counted on the event loop alone or
under one lock.
"""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from threading import Lock
from typing import Protocol

Labels = tuple[str, ...]
Series = tuple[str, Labels]  # the family, and the values of its labels
Values = tuple[float, ...]  # one; of a histogram one for each bucket, then the sum of all

MOST_SERIES = 2000  # of one family; beyond that all are one, whose labels are `OTHER`
OTHER = "other"
UNKNOWN = -1
# Upper bounds in seconds: those of Prometheus's own clients up to the deadline of a request, and
# for what people or networks take part in.
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SLOW = (1.0, 2.5, 5.0, 10.0, 20.0, 38.0, 60.0, 120.0, 300.0, 600.0)


class Numbers(Protocol):
    """Where one process counts."""

    @property
    def values(self) -> "array[float] | memoryview[float]": ...

    def place(self, series: Series, size: int) -> int:
        """Where the numbers of that series begin, which are 0 at first; `UNKNOWN` without room."""

    def read_all(self) -> Mapping[Series, Values]:
        """Of all processes that count together, added up."""

    @property
    def workers(self) -> int:
        """As many processes as should count together."""

    def count_processes(self) -> int:
        """Those that run."""


class OwnNumbers:
    """Of a process that counts alone."""

    workers = 1

    def __init__(self) -> None:
        self.values = array("d")
        self._places: dict[Series, tuple[int, int]] = {}

    def place(self, series: Series, size: int) -> int:
        if series not in self._places:
            self._places[series] = len(self.values), size
            self.values.extend([0.0] * size)
        return self._places[series][0]

    def read_all(self) -> Mapping[Series, Values]:
        return {
            series: tuple(self.values[at : at + size])
            for series, (at, size) in self._places.items()
        }

    def count_processes(self) -> int:
        return 1


class Family:
    """`name` as in the text of Prometheus; `bounds` are of the buckets of a histogram."""

    kind = ""

    def __init__(self, name: str, help: str, *labels: str, bounds: tuple[float, ...] = ()) -> None:
        self.name, self.help, self.labels, self.bounds = name, help, labels, bounds
        self.size = len(bounds) + 2 if bounds else 1
        self._places: dict[Labels, int] = {}
        FAMILIES[name] = self

    def forget_places(self) -> None:
        self._places = {}

    def _place(self, labels: Labels) -> int:
        """`UNKNOWN` where no room is left."""
        if len(labels) != len(self.labels):
            raise TypeError(f"{self.name} takes {self.labels}")
        if len(self._places) >= MOST_SERIES:
            labels = (OTHER,) * len(labels)
        with _lock:
            place = _process.numbers.place((self.name, labels), self.size)
        if place != UNKNOWN:
            self._places[labels] = place
        return place


class Counter(Family):
    """Only grows."""

    kind = "counter"

    def add(self, *labels: str, by: float = 1.0) -> None:
        place = self._places.get(labels, UNKNOWN)
        if place == UNKNOWN and (place := self._place(labels)) == UNKNOWN:
            return
        _process.numbers.values[place] += by

    def read(self, *labels: str) -> float:
        """What this process has counted."""
        place = self._place(labels)
        return _process.numbers.values[place] if place != UNKNOWN else 0.0


class Gauge(Counter):
    """Goes up and down, and ends with its process."""

    kind = "gauge"


class Histogram(Family):
    kind = "histogram"

    def observe(self, value: float, *labels: str) -> None:
        place = self._places.get(labels, UNKNOWN)
        if place == UNKNOWN and (place := self._place(labels)) == UNKNOWN:
            return
        values, bounds = _process.numbers.values, self.bounds
        values[place + bisect_left(bounds, value)] += 1.0
        values[place + len(bounds) + 1] += value


class _Process:
    numbers: Numbers = OwnNumbers()


_process, _lock = _Process(), Lock()
FAMILIES: dict[str, Family] = {}


def count_in(numbers: Numbers) -> None:
    """From now on this process counts there."""
    _process.numbers = numbers
    for family in FAMILIES.values():
        family.forget_places()


def current_numbers() -> Numbers:
    return _process.numbers


# All families that are counted. What is only looked at when somebody asks is in
# `controllers/metrics.py`.

REQUESTS = Counter(
    "latchkey_requests_total", "Answers, by route and status.", "route", "method", "status"
)
REQUEST_SECONDS = Histogram(
    "latchkey_request_seconds", "From request to answer.", "route", "method", bounds=QUICK
)
REFUSALS = Counter("latchkey_refusals_total", "Refusals, by their code.", "code")
LIMITS = Counter("latchkey_limit_refusals_total", "Limits that said no, by name.", "limit")
EVENTS = Counter("latchkey_events_total", "What happened, as the audit trail names it.", "event")
CODES = Counter(
    "latchkey_codes_proved_total", "Right codes, by the guesses they took.", "channel", "guesses"
)
CODE_SECONDS = Histogram("latchkey_code_seconds", "From code to proof.", "channel", bounds=SLOW)
SESSIONS_OPENED = Counter("latchkey_sessions_opened_total", "Sessions opened, by proof.", "amr")
SESSIONS_ENDED = Counter(
    "latchkey_sessions_ended_total", "Sessions ended before their time.", "reason"
)
SENDS = Counter(
    "latchkey_sends_total",
    "Messages handed to a vendor, and its answers.",
    "channel",
    "vendor",
    "region",
    "outcome",
)
DELIVERIES = Counter(
    "latchkey_deliveries_total",
    "What vendors told of messages later.",
    "channel",
    "vendor",
    "region",
    "state",
)
DELIVERY_SECONDS = Histogram(
    "latchkey_delivery_seconds",
    "From the queue to the phone or mailbox.",
    "channel",
    "vendor",
    "region",
    bounds=SLOW,
)
HASH_QUEUE = Gauge("latchkey_hash_queue", "Passwords that are hashed or wait for it.")
HASH_WAIT = Histogram(
    "latchkey_hash_wait_seconds", "That a password waited for its hash.", bounds=QUICK
)
POOL_WAITERS = Gauge("latchkey_pool_waiters", "Who waits for a connection to PostgreSQL.")
POOL_WAIT = Histogram(
    "latchkey_pool_wait_seconds", "Waited for a connection where none was free.", bounds=QUICK
)
STORE_FAILURES = Counter(
    "latchkey_store_failures_total", "What a store did not answer.", "store", "kind"
)
BACKGROUND_FAILURES = Counter(
    "latchkey_background_failures_total", "Background work that failed.", "work"
)
