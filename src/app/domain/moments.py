"""Moments as people say them: by how far away they are, as their own clock may be another."""

from datetime import UTC, datetime, timedelta

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SOON = timedelta(seconds=45)
UNITS = ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute"))
FAR = timedelta(days=7)  # from here on the day says more


def relative(at: datetime, now: datetime | None = None) -> str:
    """just now, in 10 minutes, 2 hours ago, on 28 November; both in UTC. A wait is never told
    shorter than it is, nor something past as longer ago than it was.
    """
    now = now or datetime.now(UTC)
    away, ahead = abs(at - now), at > now
    if away < SOON:
        return "in a moment" if ahead else "just now"
    if away >= FAR:
        return f"on {day(at)}" if at.year == now.year else f"on {day(at)} {at.year}"
    return f"in {_count(away, up=True)}" if ahead else f"{_count(away)} ago"


def is_far(at: datetime) -> bool:
    """Whether a clock says more than the distance does."""
    return abs(at - datetime.now(UTC)) >= HOUR


def lasting(since: datetime, now: datetime | None = None) -> str:
    """For how long something is so: less than a minute, 5 minutes, 3 days."""
    time = (now or datetime.now(UTC)) - since
    return "less than a minute" if time < MINUTE else _count(time)


def day(at: datetime) -> str:
    """28 November."""
    return f"{at:%-d %B}"


def _count(away: timedelta, *, up: bool = False) -> str:
    unit, name = next((one for one in UNITS if away >= one[0]), UNITS[-1])
    count = max(1, -(-away // unit) if up else away // unit)
    return f"{count} {name}" if count == 1 else f"{count} {name}s"
