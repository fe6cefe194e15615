"""Whom an operator asks for: a number, an address, or the id of an account."""

from uuid import UUID

from app.domain.errors import Rejected
from app.domain.identity.contact import parse_person


def read_contact(given: str, served: tuple[str, ...]) -> UUID | str:
    """As the tables have it. `served`: the regions that may be texted. Raises `Rejected`."""
    given = given.strip()
    if not given:
        raise Rejected("Enter a number with its country, or an e-mail address.", field="contact")
    try:
        return parse_person(given, served)
    except Rejected as refusal:
        raise Rejected(refusal.message, field="contact") from refusal
