"""Codes: derived when needed, never stored, read generously, and put into their messages."""

import json
import logging
import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import ceil
from typing import Any, Literal
from uuid import UUID

from app.domain.delivery.calls import TEMPLATE as CALL
from app.domain.delivery.calls import Call
from app.domain.delivery.outbox import Message
from app.domain.errors import Rejected
from app.domain.i18n import N_, _, reading
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.keys import Signer, is_same
from app.domain.languages import Languages
from app.domain.metrics import CODE_SECONDS, CODES
from app.domain.moments import clock, day_there
from app.domain.ports import Email, MessageRenderer, Text
from app.domain.sql import Queries, load_queries

log = logging.getLogger("app.codes")

# The two ways a code travels, and what differs between them: numbers and statements.

Contact = Phone | EmailAddress


@dataclass(frozen=True, slots=True)
class Channel:
    """`name` as in `deliveries`, `column` of `table` holds where a code was sent."""

    name: Literal["sms", "email"]
    table: str
    column: str
    digits: Literal[6, 8]
    lifetime: timedelta
    sql: Queries


# NIST SP 800-63B-4 3.1.3.3 asks for at least 6 digits and at most 10 minutes out of band; a mail is
# slower, so its code lives longer and is two digits longer for it.
PHONE = Channel(
    "sms",
    "phone_verifications",
    "phone",
    6,
    timedelta(minutes=10),
    load_queries(__file__, "phone.sql"),
)
EMAIL = Channel(
    "email",
    "email_verifications",
    "email",
    8,
    timedelta(minutes=30),
    load_queries(__file__, "email.sql"),
)

GUESSES = 5  # for one code
# Wrong ones of strangers for one contact, over all codes, since it was last proved or its owner
# signed in; from then on strangers are held to `wrong_codes_per_held_contact`.
MOST_IN_A_ROW = 100
# So long after its end a code of a recovery can be replaced on its page; then that begins anew.
REPLACEABLE = timedelta(minutes=10)
RESENDABLE = timedelta(minutes=2)  # less left than this, and a resend brings a new code


def note_proof(channel: Channel, guesses: int, seconds_left: float) -> None:
    """A right code, by so many guesses: for metrics."""
    CODES.add(channel.name, str(guesses))
    CODE_SECONDS.observe(max(0.0, channel.lifetime.total_seconds() - seconds_left), channel.name)


# The codes themselves.

NONCE_BYTES = 16
MOST_CHARACTERS = 500  # a whole pasted message, and no more
BETWEEN_DIGITS = re.compile(r"[\s\-\u2010-\u2015._]+")
INVISIBLE = "Cf"  # zero-width and soft hyphens and the like, which come along in a copy
# The letter for the digit: Latin and Cyrillic, as a code is read out and written down.
OHS = str.maketrans(dict.fromkeys("Oo\u041e\u043e", "0"))
SPELLED = re.compile(r"[0-9Oo\u041e\u043e]*[0-9][0-9Oo\u041e\u043e]*")
BOUND_TO = re.compile(r"@([a-z0-9.-]+) #[0-9]+\s*\Z", re.IGNORECASE)


TOO_FEW = N_("The code has %(digits)s digits; that was only %(given)s. Check it.")
TOO_MANY = N_("The code has %(digits)s digits; that was %(given)s. Check it.")
NOT_FOUND = {
    6: _("We couldn’t find a 6-digit code in that."),
    8: _("We couldn’t find an 8-digit code in that."),
}


class BadCode(Rejected):
    """What was typed is not a code; nothing was counted."""

    code = "bad_code"
    field = "code"


class OtherSitesCode(BadCode):
    """The pasted message is bound to another host: someone may be phishing."""

    code = "other_sites_code"
    message = _("That code is for another site. Don’t enter it here.")


def derive_code(key: bytes, nonce: bytes, purpose: str, destination: str, digits: int) -> str:
    """The code that `nonce` stands for. Uniform to within 2^-44, leading zeros kept."""
    signed = Signer((key,)).sign(nonce, purpose.encode(), destination.encode())
    number = int.from_bytes(signed[:8])
    return str(number % 10**digits).zfill(digits)


def is_code_of(
    guess: str, keys: Sequence[bytes], nonce: bytes, purpose: str, destination: str
) -> bool:
    """Whether any key, present or retired, derives the guess. Constant time on bytes."""
    found = False
    for key in keys:
        code = derive_code(key, nonce, purpose, destination, len(guess))
        found |= is_same(code.encode(), guess.encode())
    return found


def digest_guess(key: bytes, verification: UUID, guess: str) -> str:
    """What stands for a guess at that code, in 16 hex digits; without the key it tells nothing."""
    return Signer((key,)).sign(b"tried", verification.bytes + guess.encode()).hex()[:16]


def digest_contact(contact: str) -> bytes:
    """By which its owner's devices know it, so that nobody else has to be told."""
    return sha256(contact.encode()).digest()


def parse_code(raw: str, digits: Literal[6, 8], host: str) -> str:
    """The digits of a code, from the code alone or from the whole message that brought it."""
    text = "".join(_read(char) for char in raw[: MOST_CHARACTERS + 1]).strip()
    if not text:
        raise BadCode(_("Enter the %(digits)s-digit code from the message.", digits=digits))
    if len(text) > MOST_CHARACTERS:
        raise BadCode(_("Enter only the %(digits)s-digit code.", digits=digits))
    bound = BOUND_TO.search(text)
    if bound and bound[1].lower() != host:
        raise OtherSitesCode
    bare = BETWEEN_DIGITS.sub("", text.removeprefix("#"))
    if SPELLED.fullmatch(bare):
        return _right_length(bare.translate(OHS), digits)
    return _within_message(text, digits)


def _read(char: str) -> str:
    """Full-width and other scripts' digits as ours, what cannot be seen as nothing."""
    if unicodedata.category(char) == INVISIBLE:
        return ""
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)


def _right_length(bare: str, digits: int) -> str:
    if len(bare) == digits:
        return bare
    sentence = TOO_FEW if len(bare) < digits else TOO_MANY
    raise BadCode(_(sentence, digits=digits, given=len(bare)))


def _within_message(text: str, digits: int) -> str:
    found = re.search(rf"(?<![0-9])[0-9]{{{digits}}}(?![0-9])", text)
    if found:
        return found[0]
    spelled = (word.translate(OHS) for word in text.split() if SPELLED.fullmatch(word))
    code = next((word for word in spelled if len(word) == digits), None)
    if code is None:
        raise BadCode(NOT_FOUND[digits])
    return code


# What a queued message says. Its code is derived at the last moment and kept nowhere else.


LONGEST_HOST = 143  # for which a code and its binding are one segment


@dataclass(frozen=True, slots=True)
class MessageComposer:
    """Turns a claimed row of the outbox into a text, call or mail. The first of `keys` makes codes,
    `undo_link` makes the link that undoes a change.
    """

    renderer: MessageRenderer
    languages: Languages
    keys: Sequence[bytes]
    host: str
    base_url: str
    undo_link: Callable[[UUID], str]

    def __post_init__(self) -> None:
        if len(self.host) > LONGEST_HOST:
            log.warning("the host of BASE_URL is too long for a text of one segment")

    def compose_message(self, message: Message) -> Text | Call | Email:
        """In the language and by the clock of its reader."""
        with reading(self.languages.get(message.language), message.zone):
            return self._compose(message)

    def _compose(self, message: Message) -> Text | Call | Email:
        context, reference = self._context(message), str(message.id)
        purpose = message.purpose or ""
        if message.template == CALL:
            words = self.renderer.render_call(CALL, context)
            language = self.languages.get(message.language).code
            return Call(message.destination, language, words, purpose, reference)
        if message.channel == PHONE.name:
            body = self.renderer.render_text(message.template, context)
            lifetime = timedelta(seconds=message.seconds_left)
            return Text(message.destination, body, lifetime, purpose, reference)
        subject, text, html = self.renderer.render_email(message.template, context)
        return Email(message.destination, subject, text, html, reference, purpose)

    def _context(self, message: Message) -> dict[str, Any]:
        own = json.loads(message.context)
        return {
            **self._code(message),
            "minutes": ceil(message.seconds_left / 60),
            "host": self.host,
            "base_url": self.base_url,
            "undo_link": self.undo_link(UUID(own["change"])) if "change" in own else "",
            "taken_back": "",
            "when": clock(datetime.now(UTC) - timedelta(seconds=message.age)),
            **own,
            **_tell_moments(own),
        }

    def _code(self, message: Message) -> dict[str, str]:
        """A notice has none, and a template that asks for one all the same is not sent."""
        if message.nonce is None:
            return {}
        digits = PHONE.digits if message.channel == PHONE.name else EMAIL.digits
        purpose = message.purpose or ""
        return {
            "code": derive_code(self.keys[0], message.nonce, purpose, message.destination, digits)
        }


def _tell_moments(own: dict[str, str]) -> dict[str, str]:
    """Those of a notice, by the clock of its reader. The release before has put them into words."""
    moments = {"due_day": own.get("due", "").split(",")[0]}
    for name in ("due", "until"):
        with suppress(KeyError, ValueError):
            at = datetime.fromisoformat(own[name])
            moments |= {name: clock(at), f"{name}_day": day_there(at)}
    return moments
