"""The number, address or person that a command is given, as they stand in the tables."""

from uuid import UUID

import click

from app.domain.errors import Rejected
from app.domain.identity.contact import parse_contact


def canonical_contact(contact: str, served: tuple[str, ...]) -> str:
    """`served`: the regions that may be texted. Ends the command with 2 for what is none."""
    try:
        return parse_contact(contact, served)
    except Rejected as refusal:
        raise click.BadParameter(str(refusal.message), param_hint="CONTACT") from refusal


def named_person(given: str, served: tuple[str, ...]) -> UUID | str:
    """The id of an account, or a contact as above."""
    try:
        return UUID(given)
    except ValueError:
        return canonical_contact(given, served)
