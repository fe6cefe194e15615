"""What a check of health finds, whoever looks."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

UNKNOWN = "unknown while PostgreSQL is away"


class Status(StrEnum):
    PASS = "pass"  # noqa: S105 - the word of health+json
    WARN = "warn"
    FAIL = "fail"


class Cause(StrEnum):
    """What is behind a status, where others go by it."""

    WRITES_REFUSED = "writes refused"  # PostgreSQL answers, and pages can be read
    POSTGRES_AWAY = "PostgreSQL is away"  # which alone knows what was looked for


@dataclass(frozen=True, slots=True)
class Check:
    """`note` is for operators only; `milliseconds` is how long finding out took."""

    name: str
    status: Status
    note: str
    milliseconds: float
    at: datetime
    cause: Cause | None = None

    @property
    def is_known(self) -> bool:
        return self.cause is not Cause.POSTGRES_AWAY


Finding = tuple[Status, str]
Checks = dict[str, Callable[[], Awaitable[Finding]]]


class WritesRefused(Exception):
    """By a PostgreSQL that answers; with its own words."""


def name_cause(checks: Sequence[Check], reading: Collection[str]) -> list[Check]:
    """As they are told: while PostgreSQL, which is among them, is away, nothing is known of those
    that read it, and its own check alone says so.
    """
    [postgres] = [check for check in checks if check.name == "postgres"]
    if postgres.status is Status.PASS or postgres.cause is Cause.WRITES_REFUSED:
        return [*checks]
    return [
        replace(each, status=Status.WARN, note=UNKNOWN, cause=Cause.POSTGRES_AWAY)
        if each.name in reading and each.status is not Status.PASS
        else each
        for each in checks
    ]
