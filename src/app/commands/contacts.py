"""The number, address or person that a command is given, as they stand in the tables, and what is
known of them.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import click

from app.adapters.files import read_limits
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.errors import Rejected
from app.domain.identity.contact import parse_contact, parse_person
from app.domain.identity.users import Subjects
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
