"""Access tokens and refresh tokens, and the keys in use, looked at twice a second."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from time import time
from typing import Any
from uuid import UUID

import jwt
import msgspec
from jwt.utils import base64url_encode
from uuid_utils.compat import uuid7

from app.domain.concurrency import attempt, keep_doing
from app.domain.errors import Unauthenticated, Unavailable
from app.domain.keys import MAC_BYTES, Signer
from app.domain.ports import Record
from app.domain.services import Audience
from app.domain.sessions.signing_keys import (
    SigningKey,
    SigningKeys,
    UnreadableKeys,
    find_signing,
)

ALGORITHM = "EdDSA"  # the only one ever accepted (RFC 8725 3.1)
LIFETIME = timedelta(minutes=5)
LEEWAY = timedelta(seconds=60)  # that the clocks of two servers may be apart
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
    """What a token that was checked says: whose session it is, how they proved themselves, and
    where it is taken, which the other tokens of the session are, too.
    """

    user_id: UUID
    session_id: UUID
    generation: int
    authenticated_at: datetime
    amr: tuple[str, ...]
    audience: Audience = Audience.BROWSER

    def proved_anew(self, row: Record, amr: tuple[str, ...]) -> "Access":
        """After a fresh proof of `amr`, by what `renew_session` of the SQL has returned."""
        generation, proved_at = row["generation"], row["authenticated_at"]
        return replace(self, generation=generation, authenticated_at=proved_at, amr=amr)


class AccessTokens:
    """Issues and reads them. Has no key until it is given some."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: dict[str, SigningKey] = {}
        self._known: OrderedDict[bytes, tuple[float, Access]] = OrderedDict()

    @property
    def is_ready(self) -> bool:
        return bool(self._keys)

    def use_keys(self, keys: list[SigningKey]) -> None:
        """From now on these and no others, oldest first."""
        if [key.id for key in keys] != list(self._keys):
            self._known.clear()
        self._keys = {key.id: key for key in keys}

    def drop_others(self, ids: Collection[str]) -> None:
        """Of those in use, these stay."""
        self.use_keys([key for key in self._keys.values() if key.id in ids])

    def public_keys(self) -> list[dict[str, Any]]:
        """As a JWK set holds them (RFC 8037), oldest first."""
        return [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": base64url_encode(key.public_bytes).decode(),
                "kid": key.id,
                "use": "sig",
                "alg": ALGORITHM,
            }
            for key in self._keys.values()
        ]

    def issue_token(self, access: Access) -> str:
        """For `access.audience`. Raises `Unavailable` while no key is known."""
        return self._issue(access, access.audience.of(self._issuer), {"gen": access.generation})

    def issue_service_token(self, access: Access, audience: str, more: dict[str, object]) -> str:
        """For a service, with `more` claims. It names no generation, so even with an audience of
        ours we would not take it. Raises `Unavailable` while no key is known.
        """
        return self._issue(access, audience, more)

    def _issue(self, access: Access, audience: str, more: dict[str, object]) -> str:
        """In the compact form of RFC 7515 7.1. By the library it takes 20 µs longer, of 63, as it
        cannot remember the header and takes more steps to JSON (measured).
        """
        key, now = self._signing_key(), int(time())
        claims: dict[str, Any] = more | {
            "iss": self._issuer,
            "aud": audience,
            "sub": access.user_id,
            "sid": access.session_id,
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "jti": uuid7(),
            "auth_time": int(access.authenticated_at.timestamp()),
            "amr": access.amr,
        }
        signed = b"%s.%s" % (_header(key.id), base64url_encode(msgspec.json.encode(claims)))
        return (b"%s.%s" % (signed, base64url_encode(key.private.sign(signed)))).decode()

    def read_token(self, token: str, audience: Audience) -> Access:
        """Raises `Unauthenticated` for everything that is not a token of ours for this audience, in
        time.
        """
        digest = sha256(token.encode(errors="replace")).digest()
        known = self._known.get(digest)
        if known is None:
            known = self._checked(token, audience)
            self._known[digest] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        good_until, access = known
        if good_until <= time() or access.audience is not audience:
            raise Unauthenticated
        return access

    def _checked(self, token: str, audience: Audience) -> tuple[float, Access]:
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TYPE:
                raise Unauthenticated
            claims = jwt.decode(
                token,
                self._keys[header["kid"]].private.public_key(),
                [ALGORITHM],
                audience=audience.of(self._issuer),
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": list(CLAIMS), "strict_aud": True},
            )
            return float(claims["exp"]) + LEEWAY.total_seconds(), _access(claims, audience)
        except MALFORMED as error:
            raise Unauthenticated from error

    def _signing_key(self) -> SigningKey:
        if not self._keys:
            raise Unavailable
        return find_signing(list(self._keys.values()), datetime.now(UTC))


@cache
def _header(key_id: str) -> bytes:
    return base64url_encode(msgspec.json.encode({"alg": ALGORITHM, "typ": TYPE, "kid": key_id}))


def _access(claims: dict[str, Any], audience: Audience) -> Access:
    return Access(
        UUID(claims["sub"]),
        UUID(claims["sid"]),
        int(claims["gen"]),
        datetime.fromtimestamp(claims["auth_time"], UTC),
        tuple(claims["amr"]),
        audience,
    )


# The keys in use: a look twice a second, so that no process takes a token of a revoked key for a
# second more. As with sessions, nobody has to be told, so nothing can be missed.

NAME = "signing keys"

EVERY = 0.5  # seconds


async def keep_fresh(keys: SigningKeys, tokens: AccessTokens, every: float = EVERY) -> None:
    """Until cancelled."""
    await keep_doing(NAME, partial(_look, keys, tokens), lambda: every)


async def read_keys(keys: SigningKeys, tokens: AccessTokens) -> None:
    """A silent database leaves those in use as they are, and so does one not migrated yet."""
    await attempt(NAME, partial(_read, keys, tokens))


async def _look(keys: SigningKeys, tokens: AccessTokens) -> None:
    with suppress(Unavailable):  # which is logged where it happens, and not twice a second
        if await keys.have_changed():
            await _read(keys, tokens)


async def _read(keys: SigningKeys, tokens: AccessTokens) -> None:
    try:
        tokens.use_keys(await keys.load_keys())
    except UnreadableKeys:  # one that was revoked goes, even where none takes its place
        tokens.drop_others(keys.listed)
        raise


# Refresh tokens: opaque to whoever holds them, and the same one each time they are asked for.
#
# A token is the session's id, a generation, and a MAC over both and over where it is taken: that of
# a browser is none at the API. Nothing of it is stored, so a dump of the database refreshes
# nothing, and a successor can be given again to a client that lost it.

GENERATION_BYTES = 4
LENGTH = 16 + GENERATION_BYTES + MAC_BYTES


@dataclass(frozen=True, slots=True)
class PresentedToken:
    """A token of ours, whatever became of its session."""

    session_id: UUID
    generation: int


class RefreshTokens:
    """`keys`: the first makes tokens, all check them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def issue_token(self, access: Access) -> str:
        """The one that was given with that access token."""
        body = access.session_id.bytes + access.generation.to_bytes(GENERATION_BYTES)
        mac = self._signer.sign(*_signed(access.audience, body))
        return urlsafe_b64encode(body + mac).decode().rstrip("=")

    def read_token(self, token: str, audience: Audience) -> PresentedToken:
        """Raises `Unauthenticated` for everything we did not issue for this audience."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise Unauthenticated from None
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(raw) != LENGTH or not self._signer.verifies(mac, *_signed(audience, body)):
            raise Unauthenticated
        return PresentedToken(UUID(bytes=body[:16]), int.from_bytes(body[16:]))


def _signed(audience: Audience, body: bytes) -> tuple[bytes, ...]:
    """Those of browsers are signed as they were when there were no others."""
    return (body,) if audience is Audience.BROWSER else (audience.encode(), body)
