"""Passwords: the rules, a new one on its way to its hash, and those that were replaced."""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import phonenumbers
from uuid_utils.compat import uuid7

from app.domain.errors import Rejected, TooMany
from app.domain.i18n import _, ngettext
from app.domain.identity.guessable import is_guessable
from app.domain.identity.hashing import QUEUE, Busy, PasswordHashing
from app.domain.identity.phone import FOLDED
from app.domain.identity.users import Subjects
from app.domain.limit_refusals import name_limit
from app.domain.limits import LimitTable
from app.domain.moments import Wait
from app.domain.ports import BreachedPasswords, Connection, Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "passwords.sql")

MOST_CHARACTERS = 256
MOST_BYTES = 1024
LEAST_OTHER = 8  # characters beside a person's own contacts
LEAST_NAME = 3  # characters of a contact's part that is looked for: Doe
LEAST_DOMAIN_NAME = 4  # likewise of what is behind the @, where org and com are nobody's own
WORDS_AND_YEARS = re.compile(r"[^\W\d_]+|\d{4,}")


LEAKED = _(
    "That password was leaked in a break-in somewhere else. Try a few unrelated words in a row."
)


class WeakPassword(Rejected):
    code = "weak_password"
    field = "password"


def refuse_malformed(raw: str, minimum: int, personal: tuple[str, ...]) -> None:
    """Raises `WeakPassword` for one that is too short, too long, or one of the person's own
    contacts, which are `personal`. NIST SP 800-63B-4 3.1.1: length and a blocklist, no composition
    rules. Costs next to nothing.
    """
    if not raw:
        raise WeakPassword(
            ngettext(
                "Choose a password with at least %(num)s character.",
                "Choose a password with at least %(num)s characters.",
                minimum,
            )
        )
    if len(raw) < minimum:
        raise WeakPassword(
            ngettext(
                "Use at least %(num)s character; %(missing)s more to go.",
                "Use at least %(num)s characters; %(missing)s more to go.",
                minimum,
                missing=minimum - len(raw),
            )
        )
    if len(raw) > MOST_CHARACTERS or len(raw.encode()) > MOST_BYTES:
        raise WeakPassword(_("Use at most %(most)s characters.", most=MOST_CHARACTERS))
    if _contains_personal(raw, personal):
        raise WeakPassword(_("Leave your own e-mail address and phone number out of the password."))


def refuse_guessable(raw: str, personal: tuple[str, ...], product: str = "") -> None:
    """Raises `WeakPassword` for one that strangers try among the first. Costs milliseconds."""
    if is_guessable(raw, personal, product):
        raise WeakPassword(_("That password is too easy to guess. Try four or five random words."))


def _contains_personal(raw: str, personal: tuple[str, ...]) -> bool:
    """Whether contacts and their parts make up most of the password, however often they come and
    however a number is written.
    """
    as_typed = unicodedata.normalize("NFKC", raw).lower()
    without_signs = "".join(char for char in as_typed if char not in FOLDED)
    names = {name for contact in personal for name in _names(contact)}
    longest_first = sorted(names, key=len, reverse=True)
    return any(_is_mostly(text, longest_first) for text in (as_typed, without_signs))


def _is_mostly(text: str, names: list[str]) -> bool:
    left = text
    for name in names:
        left = left.replace(name, "")
    return left != text and len(left) < LEAST_OTHER


def _names(contact: str) -> tuple[str, ...]:
    """What a contact may go by: a number at home too, an address by what is before its @ and what
    is behind it, and by the words and years of both.
    """
    if contact.startswith("+"):
        number = phonenumbers.parse(contact)
        return contact[1:], phonenumbers.national_significant_number(number)
    address = contact.lower()
    local, _, domain = address.partition("@")
    own = (address, local, *WORDS_AND_YEARS.findall(local))
    return (
        *(name for name in own if len(name) >= LEAST_NAME),
        *(name for name in _domain_names(domain) if len(name) >= LEAST_DOMAIN_NAME),
    )


def _domain_names(domain: str) -> tuple[str, ...]:
    """With and without what comes first, and with and without signs: mail.big-bakery.org,
    big-bakery.org, bigbakeryorg, big-bakery, bigbakery, bakery.
    """
    labels = domain.split(".")
    ends = [".".join(labels[start:]) for start in range(len(labels))]
    signed = (*ends, *labels)
    plain = (name.replace(".", "").replace("-", "") for name in signed)
    return (*signed, *plain, *WORDS_AND_YEARS.findall(domain))


# A new password on its way to its hash: limited, judged off the event loop, looked up, hashed.

DEADLINE = 2.0  # seconds until a password is judged, the wait for its turn among them


class TooManyNewPasswords(TooMany):
    code = "too_many_new_passwords"

    def __init__(self, seconds: float) -> None:
        wait = Wait.in_minutes(seconds)
        super().__init__(
            _("You’ve tried a lot of new passwords. Try again %(when)s.", when=wait),
            field="password",
            retry_after=wait.seconds,
        )


class NewPasswords:
    """`minimum` is in characters, `product` the name of the site. `breached` are looked at in their
    order, the nearest first.
    """

    def __init__(
        self,
        minimum: int,
        passwords: PasswordHashing,
        breached: Sequence[BreachedPasswords],
        database: Database,
        limits: LimitTable,
        subjects: Subjects,
        product: str = "",
    ) -> None:
        self._product = product
        self._minimum, self._hasher, self._breached = minimum, passwords, breached
        self._database, self._subjects = database, subjects
        [(self._seconds, self._most), *_] = limits.new_passwords.windows
        self._thread = ThreadPoolExecutor(1, "strength")
        self._judging = 0

    async def check_and_hash(
        self, raw: str, personal: tuple[str, ...], counted: tuple[str, ...]
    ) -> str:
        """The PHC string to store. `personal` are the person's own contacts, `counted` the flow and
        the account for which it is tried. Raises `WeakPassword`, `TooManyNewPasswords`, `Busy`. No
        connection should be held meanwhile: all of it takes a core for some 20 ms.
        """
        refuse_malformed(raw, self._minimum, personal)
        await self.count(counted)
        await self._judge(raw, personal)
        composed = unicodedata.normalize("NFC", raw)
        for known in self._breached:
            if await known.contains(composed):
                raise WeakPassword(LEAKED)
        return await self._hasher.hash_password(raw)

    async def count(self, counted: tuple[str, ...]) -> None:
        """One more attempt, committed before it is looked at. Raises `TooManyNewPasswords`."""
        subjects = [self._subjects.of(f"new-passwords:{key}") for key in counted]
        count = sql.count_new(subjects=subjects, seconds=self._seconds, most=self._most)
        async with self._database.connection() as connection:
            wait = await connection.fetchval(*count)
        if wait is not None:
            raise name_limit(TooManyNewPasswords(wait), "new_passwords")

    async def _judge(self, raw: str, personal: tuple[str, ...]) -> None:
        """On a thread of its own, one after the other."""
        if self._judging >= QUEUE:
            raise Busy(retry_after=2)
        self._judging += 1
        try:
            async with asyncio.timeout(DEADLINE):
                loop = asyncio.get_running_loop()
                given = (raw, personal, self._product)
                await loop.run_in_executor(self._thread, refuse_guessable, *given)
        except TimeoutError:
            raise Busy(retry_after=2) from None
        finally:
            self._judging -= 1


# Passwords that were replaced, and which one an account had before it was changed.


async def keep_password(connection: Connection, user_id: UUID) -> None:
    """The one that is about to be replaced, in the transaction that has locked the person."""
    await connection.execute(*sql.keep_password(id=uuid7(), user_id=user_id))
