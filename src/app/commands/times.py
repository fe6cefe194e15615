"""Times and durations as they are typed."""

import re
from datetime import UTC, datetime

import click

from app.domain.limits import DAY

UNITS = {"m": 60, "h": 3600, "d": DAY}
LONGEST = 365 * DAY


def read_moment(given: str, option: str) -> datetime:
    """In UTC, unless it says otherwise. Ends the command with 2 for what is none."""
    try:
        at = datetime.fromisoformat(given)
    except ValueError as error:
        what = f"{given} is no time such as 2026-11-30T12:00Z."
        raise click.BadParameter(what, param_hint=option) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def read_seconds(until: str | None, duration: str | None) -> int:
    """From now to `until`, or a `duration` such as 90m; ends the command with 2 where both, neither
    or no such thing are given.
    """
    if until and duration:
        raise click.UsageError("Say --until or --for, not both.")
    if until:
        seconds = int((read_moment(until, "--until") - datetime.now(UTC)).total_seconds())
    else:
        read = re.fullmatch("([0-9]{1,5})([mhd])", duration or "")
        seconds = int(read[1]) * UNITS[read[2]] if read else 0
    if not 0 < seconds <= LONGEST:
        what = "Give a time to come such as 2026-12-24T12:00Z, or 90m, 24h, 7d; a year at most."
        raise click.UsageError(what)
    return seconds
