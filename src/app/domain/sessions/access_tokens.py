"""Access tokens: JWTs (RFC 9068) that other services can check with our public key alone."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from uuid_utils.compat import uuid7

from app.domain.errors import Unauthenticated

ALGORITHM = "EdDSA"  # the only one ever accepted (RFC 8725 3.1)
LIFETIME = timedelta(minutes=5)
TYPE = "at+jwt"
CLAIMS = ("iss", "sub", "aud", "exp", "iat", "jti", "sid", "gen", "auth_time", "amr")


@dataclass(frozen=True, slots=True)
class Access:
    """What a token that was checked says: whose session it is and how they proved themselves."""

    user_id: UUID
    session_id: UUID
    generation: int
    authenticated_at: datetime
    amr: tuple[str, ...]


class AccessTokens:
    """`seeds` are Ed25519 private keys of 32 bytes; the first signs, all verify."""

    def __init__(self, seeds: tuple[bytes, ...], issuer: str) -> None:
        self._issuer = issuer
        keys = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
        self._public = {_key_id(key): key.public_key() for key in keys}
        self._key, self._key_id = keys[0], _key_id(keys[0])

    def issue(self, access: Access) -> str:
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
        return jwt.encode(claims, self._key, ALGORITHM, {"typ": TYPE, "kid": self._key_id})

    def read(self, token: str) -> Access:
        """Raises `Unauthenticated` for everything that is not a token of ours, in time."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE:
                raise Unauthenticated
            claims = jwt.decode(
                token,
                self._public[header["kid"]],
                [ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                options={"require": list(CLAIMS)},
            )
            return _access(claims)
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise Unauthenticated from error


def _access(claims: dict[str, Any]) -> Access:
    return Access(
        UUID(claims["sub"]),
        UUID(claims["sid"]),
        int(claims["gen"]),
        datetime.fromtimestamp(claims["auth_time"], UTC),
        tuple(claims["amr"]),
    )


def _key_id(key: Ed25519PrivateKey) -> str:
    """Short, stable, and says nothing of the private half."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(public).hexdigest()[:16]
