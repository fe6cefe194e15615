"""A number or an address, whichever was typed, or whose account is meant."""

from uuid import UUID

from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone


def parse_contact(given: str, served: tuple[str, ...]) -> str:
    """In E.164, or canonical. `served`: the regions that may be texted. Raises `Rejected`."""
    if "@" in given:
        return EmailAddress.parse(given, as_typed=True).value
    return Phone.parse(given, served).e164


def parse_person(given: str, served: tuple[str, ...]) -> UUID | str:
    """The id of an account, or a contact as above."""
    try:
        return UUID(given)
    except ValueError:
        return parse_contact(given, served)
