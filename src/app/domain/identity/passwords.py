"""Passwords: the rules."""

import phonenumbers
from zxcvbn_rs_py import zxcvbn

from app.domain.errors import Rejected
from app.domain.identity.phone import FOLDED

MOST_CHARACTERS = 256
MOST_BYTES = 1024
# zxcvbn slows with length (9 ms at 98 characters); what follows can only make a password stronger.
JUDGED_CHARACTERS = 72
# Below 10^8 guesses: zxcvbn's scores 0 to 2, among them all of its 30,000 common passwords.
LEAST_GUESSES_LOG10 = 8.0


class WeakPassword(Rejected):
    code = "weak_password"
    field = "password"


def accepted_password(raw: str, minimum: int, personal: tuple[str, ...]) -> str:
    """The password exactly as received, or `WeakPassword`. `personal` are the person's own
    contacts, which a stranger would try first. NIST SP 800-63B-4 3.1.1: length and a blocklist,
    no composition rules.
    """
    if not raw:
        raise WeakPassword(f"Choose a password with at least {minimum} characters.")
    if len(raw) < minimum:
        missing = minimum - len(raw)
        raise WeakPassword(f"Use at least {minimum} characters; {missing} more to go.")
    if len(raw) > MOST_CHARACTERS or len(raw.encode()) > MOST_BYTES:
        raise WeakPassword(f"Use at most {MOST_CHARACTERS} characters.")
    if _contains_personal(raw, personal):
        raise WeakPassword("Leave your own e-mail address and phone number out of the password.")
    if zxcvbn(raw[:JUDGED_CHARACTERS], [*personal, "latchkey"]).guesses_log10 < LEAST_GUESSES_LOG10:
        raise WeakPassword(
            "That password is among the first that others would guess."
            " Try a few unrelated words in a row."
        )
    return raw


def _contains_personal(raw: str, personal: tuple[str, ...]) -> bool:
    """Whether a contact makes up most of the password, however a number is written."""
    as_typed = raw.lower()
    without_signs = "".join(char for char in as_typed if char not in FOLDED)
    return any(
        len(name) >= 4 and name in text and len(text) - len(name) < 8
        for contact in personal
        for name in _names(contact)
        for text in (as_typed, without_signs)
    )


def _names(contact: str) -> tuple[str, ...]:
    """What a contact may go by: a number at home too, an address by what is before its @."""
    if contact.startswith("+"):
        number = phonenumbers.parse(contact)
        return contact[1:], phonenumbers.national_significant_number(number)
    return contact.lower(), contact.lower().partition("@")[0]
