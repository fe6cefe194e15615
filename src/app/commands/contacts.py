"""The number or address that a command is given, as it stands in the tables."""

import click

from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone


def canonical_contact(contact: str, served: tuple[str, ...]) -> str:
    """`served`: the regions that may be texted. Ends the command with 2 for what is none."""
    try:
        if "@" in contact:
            return EmailAddress.parse(contact, as_typed=True).value
        return Phone.parse(contact, served).e164
    except Rejected as refusal:
        raise click.BadParameter(str(refusal.message), param_hint="CONTACT") from refusal
