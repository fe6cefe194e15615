"""Transactions: one trip to the provider and back, bound to the browser that made it.

All of it is one secret in a cookie, from which state, nonce and PKCE verifier are derived: setting
off writes nothing. Coming back is written down, so that nobody does twice.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from time import time

from app.domain.identity.provider import GrantSpent
from app.domain.ports import Database

LIFETIME = 600  # seconds between setting off and coming back
SECRET = 32  # bytes
SPEND = """
INSERT INTO spent_transactions (digest) VALUES ($1) ON CONFLICT DO NOTHING RETURNING digest
"""


class Purpose(StrEnum):
    """What somebody wants of it."""

    SIGNUP = "signup"
    LOGIN = "login"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Transaction:
    """`cookie` is all that is kept of it. `key` made it; what it holds leaves us only by `state`,
    `nonce` and `challenge`.
    """

    cookie: str
    purpose: Purpose
    key: bytes

    @property
    def state(self) -> str:
        return self._derived(b"state")

    @property
    def nonce(self) -> str:
        return self._derived(b"nonce")

    @property
    def verifier(self) -> str:
        """Of PKCE, RFC 7636: 43 characters."""
        return self._derived(b"verifier")

    @property
    def challenge(self) -> str:
        return _text(sha256(self.verifier.encode()).digest())

    def is_answered_by(self, state: str) -> bool:
        """Whether an answer is to this one, and not to that of another tab."""
        given = state.encode(errors="replace")
        return hmac.compare_digest(given, self.state.encode())

    def _derived(self, label: bytes) -> str:
        secret = self.cookie.partition(".")[0].encode()
        return _text(_mac(self.key, label, secret))


class Transactions:
    """`keys`: the first one begins them, all know them again. `clock` is in seconds."""

    def __init__(
        self, database: Database, keys: tuple[bytes, ...], clock: Callable[[], float] = time
    ) -> None:
        self._database, self._keys, self._clock = database, keys, clock

    def begin(self, purpose: Purpose, bound_to: bytes = b"") -> Transaction:
        """`bound_to`: who must still be signed in when it comes back."""
        told = f"{secrets.token_urlsafe(SECRET)}.{int(self._clock())}.{purpose}"
        return Transaction(f"{told}.{_seal(self._keys[0], told, bound_to)}", purpose, self._keys[0])

    def read(self, cookie: str | None, bound_to: bytes = b"") -> Transaction | None:
        """None unless it was begun here. It may be too old."""
        told, _, seal = (cookie or "").rpartition(".")
        given, purpose = seal.encode(), told.rpartition(".")[2]
        for key in self._keys:
            bound = bound_to if purpose == Purpose.LINK else b""
            if hmac.compare_digest(given, _seal(key, told, bound).encode()):
                return Transaction(f"{told}.{seal}", Purpose(purpose), key)
        return None

    async def spend(self, transaction: Transaction) -> None:
        """It came back, for the first time. Raises `GrantSpent` for an old or repeated one."""
        async with self._database.connection() as connection:
            first = await connection.fetchval(SPEND, sha256(transaction.cookie.encode()).digest())
        begun_at = int(transaction.cookie.split(".")[1])
        if first is None or self._clock() - begun_at > LIFETIME:
            raise GrantSpent


def _seal(key: bytes, told: str, bound_to: bytes) -> str:
    return _text(_mac(key, b"sealed", told.encode(), bound_to))


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"|".join(parts), sha256)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
