"""Transactions: one trip to the provider and back, bound to the browser that made it.

All of it is one secret in a cookie, from which state, nonce and PKCE verifier are derived: setting
off writes nothing. Coming back is written down, so that nobody does twice.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from time import time

from app.domain.identity.provider import BadIdToken, InvalidGrant
from app.domain.keys import Signer, is_same
from app.domain.ports import Database
from app.domain.sql import load_queries

LIFETIME = 600  # seconds between setting off and coming back
SECRET = 32  # bytes

sql = load_queries(__file__, "identities.sql")


class Purpose(StrEnum):
    """What someone wants of it."""

    SIGNUP = "signup"
    LOGIN = "login"
    LINK = "link"
    CONFIRM = "confirm"
    UNDO = "undo"

    @property
    def is_of_account(self) -> bool:
        """Whether it is about the account of whoever is signed in. Then only the same session comes
        back.
        """
        return self in (Purpose.LINK, Purpose.CONFIRM)

    @property
    def is_proof(self) -> bool:
        """Whether it allows something to be done with an account there is. Then the provider has to
        see the person now, and only a form of ours sets off.
        """
        return self.is_of_account or self is Purpose.UNDO


@dataclass(frozen=True, slots=True)
class Transaction:
    """`cookie` is all that is kept of it. `signer` made it; what it holds leaves us only by
    `state`, `nonce` and `challenge`. `about`: the id of the change whose undo it is to confirm,
    else ''.
    """

    cookie: str
    purpose: Purpose
    signer: Signer
    about: str = ""

    @property
    def begun_at(self) -> int:
        """In seconds since 1970."""
        return int(self.cookie.split(".")[1])

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
        return is_same(given, self.state.encode())

    def _derived(self, label: bytes) -> str:
        secret = self.cookie.partition(".")[0].encode()
        return _text(self.signer.sign(label, secret))


class Transactions:
    """`keys`: the first one begins them, all know them again. `clock` is in seconds."""

    def __init__(
        self, database: Database, keys: Sequence[bytes], clock: Callable[[], float] = time
    ) -> None:
        self._database, self._signer, self._clock = database, Signer(keys), clock

    def begin(self, purpose: Purpose, bound_to: bytes = b"", about: str = "") -> Transaction:
        """`bound_to`: who must still be signed in when it comes back."""
        payload = f"{secrets.token_urlsafe(SECRET)}.{int(self._clock())}.{purpose}.{about}"
        seal = _seal(self._signer, payload, bound_to)
        return Transaction(f"{payload}.{seal}", purpose, self._signer, about)

    def read(self, cookie: str | None, bound_to: bytes = b"") -> Transaction | None:
        """None unless it was begun here. It may be too old."""
        payload, _, seal = (cookie or "").rpartition(".")
        given, fields = seal.encode(), payload.split(".")
        purpose, about = fields[2:] if len(fields) == 4 else ("", "")
        is_of_account = purpose in list(Purpose) and Purpose(purpose).is_of_account
        for one in self._signer.each():
            bound = bound_to if is_of_account else b""
            if is_same(given, _seal(one, payload, bound).encode()):
                return Transaction(f"{payload}.{seal}", Purpose(purpose), one, about)
        return None

    async def spend(self, transaction: Transaction) -> None:
        """It came back, for the first time. Raises `InvalidGrant` for an old or repeated one."""
        if self._clock() - transaction.begun_at > LIFETIME:
            raise InvalidGrant
        if not await self._spend(transaction.cookie):
            raise InvalidGrant

    async def spend_token(self, id_token: str) -> None:
        """It is shown for the first time. Raises `BadIdToken` for a repeated one."""
        if not await self._spend(id_token):
            raise BadIdToken

    async def _spend(self, secret: str) -> bool:
        digest = sha256(secret.encode()).digest()
        async with self._database.connection() as connection:
            return await connection.fetchval(*sql.spend_transaction(digest=digest)) is not None


def _seal(signer: Signer, payload: str, bound_to: bytes) -> str:
    return _text(signer.sign(b"sealed", payload.encode(), bound_to))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
