"""What commands are given, as it stands in the tables: a number, address or person and what is
known of them, a time, a duration.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

import click

from app.adapters.files import read_limits
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.errors import Rejected
from app.domain.identity.users import Subjects
from app.domain.limits import DAY
from app.domain.operations.words import parse_contact, parse_person
from app.domain.ports import Database
from app.domain.processes import order_secret_keys
from app.domain.support.contact import ContactReports
from app.settings import Settings

T = TypeVar("T")


def canonical_contact(contact: str, served: tuple[str, ...]) -> str:
    """`served`: the regions that may be texted. Ends the command with 2 for what is none."""
    return _parsed(parse_contact, contact, served)


def named_person(given: str, served: tuple[str, ...]) -> UUID | str:
    """The id of an account, or a contact as above."""
    return _parsed(parse_person, given, served)


def _parsed(parse: Callable[[str, tuple[str, ...]], T], given: str, served: tuple[str, ...]) -> T:
    try:
        return parse(given, served)
    except Rejected as refusal:
        raise click.BadParameter(str(refusal.message), param_hint="CONTACT") from refusal


async def build_reports(settings: Settings, database: Database) -> ContactReports:
    """With the keys in the order that the servers have them in."""
    secrets = await order_secret_keys(database, settings.secret_key)
    subjects = Subjects(secrets.derive_oldest("subjects"))
    pseudonyms = Pseudonyms(secrets.derive("pseudonyms"))
    return ContactReports(database, subjects, pseudonyms, read_limits(settings))


# Times and durations as they are typed.

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
