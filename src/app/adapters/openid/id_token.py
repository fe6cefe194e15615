"""ID tokens, checked claim by claim (OpenID Connect Core 3.1.3.7, RFC 8725), nothing optional."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from time import time
from typing import Any

import jwt

from app.adapters.openid.discovery import ALGORITHM, ProviderKeys
from app.domain.keys import is_same

LEEWAY = 60  # seconds that their clock and ours may differ by
OLDEST = 600  # seconds; it is made when the code is spent, and a sign-in lives no longer than this
LONGEST_SUBJECT = 255  # characters, Core 2


class BadToken(Exception):
    """`reason` is the name of the header or claim that does not hold, and never what it says."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class ExpectedClaims:
    """What the token of this sign-in must say. `access_token` came with it, or is ''; None where
    someone else was given it.
    """

    issuer: str
    client_id: str
    nonce: str
    access_token: str | None


async def check_id_token(
    token: str, keys: ProviderKeys, expected: ExpectedClaims
) -> dict[str, Any]:
    """The claims. Raises `BadToken`; `ProviderDown` and `IdentityNotConfirmed` where keys are
    missing.
    """
    key = await keys.find(_key_id(token))
    if key is None:
        raise BadToken("kid")
    try:
        payload = jwt.PyJWS([ALGORITHM]).decode(token, key, [ALGORITHM])
        claims = json.loads(payload)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise BadToken("signature") from error
    problem = _problem(claims, expected) if isinstance(claims, dict) else "claims"
    if problem:
        raise BadToken(problem)
    return dict(claims)


def _key_id(token: str) -> str:
    """Before any key is asked for: what is not signed as we demand is not looked at further."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise BadToken("header") from error
    if header.get("alg") != ALGORITHM:
        raise BadToken("alg")
    # An access or log-out token, signed by the same key, names its kind here (RFC 8725 3.11).
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise BadToken("typ")
    if "crit" in header:
        raise BadToken("crit")
    if not header.get("kid"):
        raise BadToken("kid")
    return str(header["kid"])


def _problem(claims: dict[str, Any], expected: ExpectedClaims) -> str:
    """The first claim that does not hold, '' when all do."""
    now, us = time(), expected.client_id
    checks = {
        "iss": claims.get("iss") == expected.issuer,
        "aud": claims.get("aud") in (us, [us]),
        "azp": claims.get("azp", us) == us,
        "exp": _is_between(claims.get("exp"), now - LEEWAY, float("inf")),
        "iat": _is_between(claims.get("iat"), now - OLDEST, now + LEEWAY),
        "nbf": _is_between(claims.get("nbf", now), 0, now + LEEWAY),
        # Optional unless we asked for it; whether it is recent enough, the domain decides.
        "auth_time": _is_between(claims.get("auth_time", now), 0, now + LEEWAY),
        "nonce": _is_same(claims.get("nonce"), expected.nonce),
        "sub": _is_subject(claims.get("sub")),
        # Optional in this flow, and Auth0 leaves it out; what is there must hold (Core 3.1.3.8).
        "at_hash": "at_hash" not in claims
        or expected.access_token is None
        or _is_same(claims["at_hash"], _half_hash(expected.access_token)),
    }
    return next((name for name, holds in checks.items() if not holds), "")


def _is_between(value: object, least: float, most: float) -> bool:
    """Of a NumericDate: a JSON number, and neither a text nor true (RFC 7519 2)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return least < value < most


def _is_same(given: object, wanted: str) -> bool:
    if not isinstance(given, str) or not wanted:
        return False
    return is_same(given.encode(errors="replace"), wanted.encode())


def _is_subject(value: object) -> bool:
    """No control characters nor lone surrogates, which no database takes."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_SUBJECT and value.isprintable()


def _half_hash(access_token: str) -> str:
    """As `at_hash` is made (Core 3.1.3.6); '' for no token, which nothing equals."""
    if not access_token:
        return ""
    digest = sha256(access_token.encode(errors="replace")).digest()
    return urlsafe_b64encode(digest[:16]).decode().rstrip("=")
