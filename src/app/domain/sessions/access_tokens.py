"""Access tokens: JWTs (RFC 9068) that other services can check with our public keys alone."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from time import time
from typing import Any
from uuid import UUID

import jwt
from uuid_utils.compat import uuid7

from app.domain.errors import Unauthenticated, Unavailable
from app.domain.sessions.signing_keys import KNOWN_AFTER, SigningKey

ALGORITHM = "EdDSA"  # the only one ever accepted (RFC 8725 3.1)
LIFETIME = timedelta(minutes=5)
TYPE = "at+jwt"
CLAIMS = ("iss", "sub", "aud", "exp", "iat", "jti", "sid", "gen", "auth_time", "amr")
REMEMBERED = 10_000  # tokens whose signature is known to be good; checking one takes 0.2 ms

# What a claim of another type than ours leads to, besides what the library finds wrong itself.
MALFORMED = (
    jwt.PyJWTError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Access:
    """What a token that was checked says: whose session it is and how they proved themselves."""

    user_id: UUID
    session_id: UUID
    generation: int
    authenticated_at: datetime
    amr: tuple[str, ...]


class AccessTokens:
    """Issues and reads them. Has no key until it is given some."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: dict[str, SigningKey] = {}
        self._known: OrderedDict[bytes, tuple[float, Access]] = OrderedDict()

    @property
    def ready(self) -> bool:
        return bool(self._keys)

    def use(self, keys: list[SigningKey]) -> None:
        """From now on these and no others, oldest first."""
        if [key.id for key in keys] != list(self._keys):
            self._known.clear()
        self._keys = {key.id: key for key in keys}

    def public_keys(self) -> list[dict[str, Any]]:
        """As a JWK set holds them (RFC 8037), oldest first."""
        return [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": jwt.utils.base64url_encode(key.public_bytes).decode(),
                "kid": key.id,
                "use": "sig",
                "alg": ALGORITHM,
            }
            for key in self._keys.values()
        ]

    def issue(self, access: Access) -> str:
        """Raises `Unavailable` while no key is known."""
        key = self._signing_key()
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(access.user_id),
            "sid": str(access.session_id),
            "gen": access.generation,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": str(uuid7()),
            "auth_time": int(access.authenticated_at.timestamp()),
            "amr": list(access.amr),
        }
        return jwt.encode(claims, key.private, ALGORITHM, {"typ": TYPE, "kid": key.id})

    def read(self, token: str) -> Access:
        """Raises `Unauthenticated` for everything that is not a token of ours, in time."""
        digest = sha256(token.encode(errors="replace")).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._checked(token)
            self._known[digest] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        expires_at, access = known
        if expires_at <= time():
            raise Unauthenticated
        return access

    def _checked(self, token: str) -> tuple[float, Access]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE:
                raise Unauthenticated
            claims = jwt.decode(
                token,
                self._keys[header["kid"]].private.public_key(),
                [ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                options={"require": list(CLAIMS)},
            )
            return float(claims["exp"]), _access(claims)
        except MALFORMED as error:
            raise Unauthenticated from error

    def _signing_key(self) -> SigningKey:
        """The newest one that every server knows by now, which a very first one is."""
        if not self._keys:
            raise Unavailable
        known = datetime.now(UTC) - KNOWN_AFTER
        keys = list(self._keys.values())
        return next((key for key in reversed(keys) if key.created_at < known), keys[0])


def _access(claims: dict[str, Any]) -> Access:
    return Access(
        UUID(claims["sub"]),
        UUID(claims["sid"]),
        int(claims["gen"]),
        datetime.fromtimestamp(claims["auth_time"], UTC),
        tuple(claims["amr"]),
    )
