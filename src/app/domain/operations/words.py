"""What operators read and type, the same in commands and console: English, with times in UTC."""

from datetime import datetime
from uuid import UUID

from app.domain.blocks import Target, read_target
from app.domain.delivery.stops import read_place
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.operations.person_changes import Unlocked
from app.domain.support.contact import RefusedSend
from app.domain.support.messages import purpose_in_words


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


NO_TARGET = (
    "Name a number or its beginning (+4670174), a network (203.0.113.0/24; of IPv6 a /64 at the"
    " finest) or a mail domain (mail.example)."
)
NO_PLACE = (
    "Name a region such as SE, or a block such as +4670174: a number without its last four digits."
)


def parse_target(given: str) -> Target:
    """Whom to keep out. Raises `Rejected`."""
    target = read_target(given.strip())
    if target is None:
        raise Rejected(NO_TARGET, field="target")
    return target


def parse_place(given: str) -> tuple[str, str]:
    """Where texts go or not: the kind and key of a region or block. Raises `Rejected`."""
    place = read_place(given.strip())
    if place is None:
        raise Rejected(NO_PLACE, field="place")
    return place


def describe_block(target: Target, until: datetime | None) -> str:
    """Before it is added, and afterwards."""
    ends = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until it is removed"
    return f"{target.consequence}, {ends}."


def describe_override(
    kind: str, key: str, ends: datetime, *, is_allowed: bool, everybody: bool
) -> str:
    """Before it holds, and afterwards."""
    does = "Texts go" if is_allowed else "No texts go"
    whom = "everybody" if everybody else "people that nobody knows"
    return f"{does} to {kind} {key} for {whom} until {ends:%Y-%m-%d %H:%M} UTC."


def describe_unlocked(unlocked: Unlocked) -> str:
    if unlocked.codes or unlocked.passwords:
        count = f"{unlocked.codes} wrong codes and {unlocked.passwords} wrong passwords"
        return f"Unlocked: {count} count no more."
    if unlocked.user_id:
        return "Nothing was locked: no wrong code or password counts for this account."
    return "Not found: nobody has this contact, and no wrong code or password counts for it."


def describe_refused(refused: RefusedSend) -> str:
    """What a limit did about a code."""
    what = f"a code for {purpose_in_words(refused.purpose)}"
    if refused.is_unsent:
        return f"not sent: {what}, by the limit {refused.limit}"
    return f"sent as of an account’s, over the limit {refused.limit}: {what}"
