"""Moments as people say them, in the current language: by how far away they are, as their own
clock may be another, or by that clock where its zone is known.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from math import ceil
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_skeleton, format_time, format_timedelta

from app.domain.i18n import _, current_language, current_zone

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOON = timedelta(seconds=45)
Unit = Literal["day", "hour", "minute", "second"]
UNITS: tuple[tuple[Unit, timedelta], ...] = (("day", DAY), ("hour", HOUR), ("minute", MINUTE))
FAR = timedelta(days=7)  # from here on the day says more
ALWAYS = 1e9  # of Babel: a unit is said as it is, and never as a part of the next


@dataclass(frozen=True, slots=True)
class Wait:
    """In a sentence that waits for its language: in 18 seconds, in 5 minutes, in 2 hours."""

    seconds: int

    @classmethod
    def in_minutes(cls, seconds: float) -> "Wait":
        """In whole minutes, at least one."""
        return cls(max(1, ceil(seconds / 60)) * 60)

    def __str__(self) -> str:
        for name, unit in UNITS[1:]:
            length = int(unit.total_seconds())
            if self.seconds >= length and (
                self.seconds >= 2 * length or self.seconds % length == 0
            ):
                return _in_units(name, -(-self.seconds // length) * length, ahead=True)
        return _in_units("second", max(1, self.seconds), ahead=True)


@dataclass(frozen=True, slots=True)
class Ago:
    """In the past, to the second: 8 seconds ago."""

    seconds: float

    def __str__(self) -> str:
        return _in_units("second", -max(1, int(self.seconds)), ahead=True)


@dataclass(frozen=True, slots=True)
class Moment:
    """The same of a time that is known."""

    at: datetime

    def __str__(self) -> str:
        return relative(self.at)


def relative(at: datetime, now: datetime | None = None) -> str:
    """just now, in 10 minutes, 2 hours ago, on 28 November; both in UTC. A wait is never told
    shorter than it is, nor something past as longer ago than it was.
    """
    now = now or datetime.now(UTC)
    away, ahead = abs(at - now), at > now
    if away < SOON:
        return str(_("in a moment") if ahead else _("just now"))
    if away >= FAR:
        return str(_("on %(day)s", day=day(at, with_year=at.year != now.year)))
    name, unit = _unit_of(away)
    count = max(1, -(-away // unit) if ahead else away // unit)
    seconds = count * int(unit.total_seconds())
    return _in_units(name, seconds if ahead else -seconds, ahead=True)


def is_far(at: datetime) -> bool:
    """Whether a clock says more than the distance does."""
    return abs(at - datetime.now(UTC)) >= HOUR


def lasting(since: datetime, now: datetime | None = None) -> str:
    """For how long something is so: less than a minute, 5 minutes, 3 days."""
    time = (now or datetime.now(UTC)) - since
    if time < MINUTE:
        return str(_("less than a minute"))
    name, unit = _unit_of(time)
    return _in_units(name, (time // unit) * int(unit.total_seconds()), ahead=False)


def day(at: datetime, *, with_year: bool = False) -> str:
    """28 November, and its year where that is asked for."""
    if with_year:
        return format_date(at, "long", locale=_locale())
    return format_skeleton("MMMMd", at, locale=_locale())


def clock(at: datetime) -> str:
    """30 November 2026 at 13:26, where it is read; with UTC where nobody knows."""
    zone = _current_zone()
    there = at.astimezone(zone or UTC)
    values = {
        "day": format_date(there, "long", locale=_locale()),
        "time": format_time(there, "short", tzinfo=there.tzinfo, locale=_locale()),
    }
    if zone is None:
        return str(_("%(day)s at %(time)s UTC", **values))
    return str(_("%(day)s at %(time)s", **values))


def day_there(at: datetime) -> str:
    """30 November 2026, where it is read."""
    return day(at.astimezone(_current_zone() or UTC), with_year=True)


def is_zone(name: str) -> bool:
    """Whether the world has it, by a list in memory: anybody may send any name."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    """Of CLDR, with all their former names. Python's own list takes 0.3 s to read."""
    names = {*get_global("zone_territories"), *get_global("zone_aliases")}
    return frozenset(names - {"Etc/Unknown"})


def _current_zone() -> ZoneInfo | None:
    """None where it is not known, here or to this machine."""
    try:
        return ZoneInfo(current_zone.get()) if current_zone.get() else None
    except ZoneInfoNotFoundError:
        return None


def _unit_of(away: timedelta) -> tuple[Unit, timedelta]:
    return next((each for each in UNITS if away >= each[1]), UNITS[-1])


def _in_units(name: Unit, seconds: int, *, ahead: bool) -> str:
    return _format(_locale(), name, seconds, ahead)


@lru_cache(1024)
def _format(locale: Locale, name: Unit, seconds: int, ahead: bool) -> str:
    """By CLDR: Babel takes 40 µs."""
    return format_timedelta(
        timedelta(seconds=seconds),
        granularity=name,
        threshold=ALWAYS,
        add_direction=ahead,
        locale=locale,
    )


def _locale() -> Locale:
    return current_language.get().locale
