"""Passwords: the rules, and argon2id off the event loop with a short queue."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import phonenumbers
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from argon2.low_level import Type
from zxcvbn_rs_py import zxcvbn

from app.domain.errors import Rejected, Unavailable
from app.domain.identity.phone import FOLDED

T = TypeVar("T")

MOST_CHARACTERS = 256
MOST_BYTES = 1024
# zxcvbn slows with length (9 ms at 98 characters); what follows can only make a password stronger.
JUDGED_CHARACTERS = 72
# Below 10^8 guesses: zxcvbn's scores 0 to 2, among them all of its 30,000 common passwords.
LEAST_GUESSES_LOG10 = 8.0
QUEUE = 16


class WeakPassword(Rejected):
    code = "weak_password"
    field = "password"


class Busy(Unavailable):
    code = "busy"
    message = "Many people are here right now. Nothing was lost. Try again in a few seconds."


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


class Passwords:
    """Hashes and verifies; as many at once as cores, a queue of 16, then `Busy`.

    argon2id with 19 MiB, 2 passes, 1 lane: the OWASP password storage cheat sheet's first choice.
    """

    def __init__(self) -> None:
        cores = os.cpu_count() or 1
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
        # Verified for addresses nobody has; nothing hashes to it that anybody could type.
        self.decoy = self._hasher.hash(os.urandom(32))
        self._threads = ThreadPoolExecutor(cores, thread_name_prefix="argon2")
        self._room = cores + QUEUE
        self._inside = 0

    async def hash(self, password: str) -> str:
        """The PHC string to store. Raises `Busy` when the queue is full."""
        return await self._aside(self._hasher.hash, password.encode())

    async def verify(self, stored: str, password: str) -> bool:
        """Whether `password` belongs to the stored PHC string. Raises `Busy`."""
        return await self._aside(self._matches, stored, password.encode())

    def outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than are used now."""
        return self._hasher.check_needs_rehash(stored)

    def _matches(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False

    async def _aside(self, work: Callable[..., T], *args: object) -> T:
        if self._inside >= self._room:
            raise Busy(retry_after=2)
        self._inside += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._inside -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
