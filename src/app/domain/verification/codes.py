"""Codes: derived when needed, never stored, and read generously from what a person pastes."""

import hmac
import re
import unicodedata
from hashlib import sha256
from typing import Literal

from app.domain.errors import Rejected

NONCE_BYTES = 16
MOST_CHARACTERS = 500  # a whole pasted message, and no more
BETWEEN_DIGITS = re.compile(r"[\s\-\u2010-\u2015.]+")
BOUND_TO = re.compile(r"@([a-z0-9.-]+) #[0-9]+\s*\Z", re.IGNORECASE)


class BadCode(Rejected):
    """What was typed is not a code; nothing was counted."""

    code = "bad_code"
    field = "code"


class OtherSitesCode(BadCode):
    """The pasted message is bound to another host: somebody may be phishing."""

    code = "other_sites_code"
    message = "That code is for another site. Do not enter it here."


def derived_code(key: bytes, nonce: bytes, purpose: str, destination: str, digits: int) -> str:
    """The code that `nonce` stands for. Uniform to within 2^-44, leading zeros kept."""
    text = b"|".join((nonce, purpose.encode(), destination.encode()))
    number = int.from_bytes(hmac.digest(key, text, sha256)[:8])
    return str(number % 10**digits).zfill(digits)


def is_code_of(
    guess: str, keys: tuple[bytes, ...], nonce: bytes, purpose: str, destination: str
) -> bool:
    """Whether any key, present or retired, derives the guess. Constant time on bytes."""
    found = False
    for key in keys:
        code = derived_code(key, nonce, purpose, destination, len(guess))
        found |= hmac.compare_digest(code.encode(), guess.encode())
    return found


def parsed_code(raw: str, digits: Literal[6, 8], host: str) -> str:
    """The digits of a code, from the code alone or from the whole message that brought it."""
    text = "".join(_ascii_digit(char) for char in raw[: MOST_CHARACTERS + 1].strip())
    if not text:
        raise BadCode(f"Enter the {digits}-digit code from the message.")
    if len(text) > MOST_CHARACTERS:
        raise BadCode(f"Enter only the {digits}-digit code.")
    bound = BOUND_TO.search(text)
    if bound and bound[1].lower() != host:
        raise OtherSitesCode
    bare = BETWEEN_DIGITS.sub("", text.removeprefix("#"))
    if re.fullmatch("[0-9]+", bare):
        return _right_length(bare, digits)
    return _within_message(text, digits)


def _ascii_digit(char: str) -> str:
    """Full-width and other scripts' digits as ours; everything else stays."""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _right_length(bare: str, digits: int) -> str:
    if len(bare) == digits:
        return bare
    less = len(bare) < digits
    raise BadCode(
        f"The code has {digits} digits; that was {'only ' if less else ''}{len(bare)}. Check it."
    )


def _within_message(text: str, digits: int) -> str:
    found = re.findall(rf"(?<![0-9]){'[0-9]' * digits}(?![0-9])", text)
    if not found:
        raise BadCode(f"The code is {digits} digits and nothing else. Check it.")
    return str(found[0])
