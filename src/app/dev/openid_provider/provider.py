"""The OpenID provider of a developer's machine: Auth0's paths and answers, made-up people.

It checks as the real one does (client, secret, callback address, PKCE), but lets anybody be
anybody: it is never there where the world can reach it.
"""

import json
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any, cast
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.dev.openid_provider.people import DevPerson
from app.domain.keys import is_same
from app.domain.ports import ShortMemory

KEY = Path(".latchkey") / "auth0.pem"
CODE_LIFETIME = timedelta(minutes=1)
TOKEN_LIFETIME = timedelta(minutes=10)
ALGORITHM = "RS256"


class LocalKey:
    """One RSA key in one file, so that all workers sign with the same, also after a restart."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @cached_property
    def private(self) -> RSAPrivateKey:
        """Made when it is first needed, which takes a tenth of a second."""
        with suppress(FileNotFoundError):
            return self._read()
        self._make()
        return self._read()

    def _read(self) -> RSAPrivateKey:
        return cast(RSAPrivateKey, load_pem_private_key(self._path.read_bytes(), None))

    def _make(self) -> None:
        """Written aside and linked into place: whole or not at all, and the first one stays."""
        key = generate_private_key(public_exponent=65537, key_size=2048)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{secrets.token_hex(8)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        with suppress(FileExistsError):  # another worker was faster
            os.link(fresh, self._path)
        fresh.unlink()


class OAuthError(Exception):
    """`error` as RFC 6749 5.2 has it; `status` as Auth0 answers it."""

    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error
        super().__init__(error)


@dataclass(frozen=True, slots=True)
class Registration:
    """Who the provider is, and the one client that it knows."""

    issuer: str
    client_id: str
    client_secret: str
    base_url: str

    @property
    def callback(self) -> str:
        return f"{self.base_url}/auth0/callback"


class DevOpenIdProvider:
    """Codes and tokens are kept in the short memory, which all workers share."""

    def __init__(self, memory: ShortMemory, client: Registration, key: LocalKey) -> None:
        self._memory, self._client, self._key = memory, client, key

    def discovery(self) -> dict[str, Any]:
        at = self._client.issuer
        return {
            "issuer": at,
            "authorization_endpoint": f"{at}authorize",
            "token_endpoint": f"{at}oauth/token",
            "userinfo_endpoint": f"{at}userinfo",
            "jwks_uri": f"{at}.well-known/jwks.json",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            "scopes_supported": ["openid", "email"],
        }

    def keys(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.private.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._key_id(), "use": "sig", "alg": ALGORITHM}]}

    def knows(self, asked: Mapping[str, str]) -> bool:
        """Whether it is our client with its callback, to which a refusal may be sent too."""
        client, callback = asked.get("client_id"), asked.get("redirect_uri")
        return (client, callback) == (self._client.client_id, self._client.callback)

    def problem(self, asked: Mapping[str, str]) -> str | None:
        """What an authorization request lacks, as an `error` of RFC 6749 4.1.2.1."""
        if asked.get("response_type") != "code":
            return "unsupported_response_type"
        if "openid" not in asked.get("scope", "").split():
            return "invalid_scope"
        if asked.get("prompt") == "none":
            return "login_required"
        pkce = (asked.get("code_challenge_method"), len(asked.get("code_challenge", "")))
        return None if pkce == ("S256", 43) and asked.get("nonce") else "invalid_request"

    def callback_url(self, asked: Mapping[str, str], **answer: str) -> str:
        """Where the browser takes the answer to."""
        return f"{self._client.callback}?{urlencode({**answer, 'state': asked.get('state', '')})}"

    async def grant(self, asked: Mapping[str, str], person: DevPerson) -> str:
        """A code that works once, for a minute."""
        code = secrets.token_urlsafe(32)
        asked_for = {name: asked[name] for name in ("nonce", "code_challenge")}
        kept = {"claims": person.claims, "auth_time": int(time()), **asked_for}
        await self._memory.put(_place("code", code), json.dumps(kept).encode(), CODE_LIFETIME)
        return code

    async def redeem(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The answer of the token endpoint. Raises `OAuthError`."""
        if form.get("grant_type") != "authorization_code":
            raise OAuthError(403, "unsupported_grant_type")
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if not _is_same(
            "\n".join(given), f"{self._client.client_id}\n{self._client.client_secret}"
        ):
            raise OAuthError(401, "access_denied")
        taken = await self._memory.take(_place("code", form.get("code", "")))
        kept: dict[str, Any] = json.loads(taken) if taken else {"code_challenge": ""}
        right = _is_same(_challenge(form.get("code_verifier", "")), kept["code_challenge"])
        if not right or form.get("redirect_uri") != self._client.callback:
            raise OAuthError(403, "invalid_grant")
        access_token = secrets.token_urlsafe(32)
        place, claims = _place("token", access_token), kept["claims"]
        await self._memory.put(place, json.dumps(claims).encode(), TOKEN_LIFETIME)
        return {
            "access_token": access_token,
            "id_token": self._id_token(claims, kept["nonce"], kept["auth_time"]),
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": "openid email",
        }

    async def userinfo(self, token: str) -> dict[str, Any]:
        """Raises `OAuthError` for a token that is not, or no longer, one of ours."""
        kept = await self._memory.get(_place("token", token))
        if kept is None:
            raise OAuthError(401, "invalid_token")
        claims: dict[str, Any] = json.loads(kept)
        return claims

    def can_return_to(self, asked: Mapping[str, str]) -> bool:
        """Whether a log-out may lead there: only to us."""
        ours, own = asked.get("returnTo", ""), asked.get("client_id") == self._client.client_id
        home = re.escape(self._client.base_url)
        return own and re.fullmatch(rf"{home}(/[!-~]*)?", ours) is not None

    def _id_token(self, claims: dict[str, Any], nonce: str, auth_time: int) -> str:
        """Like Auth0's of this flow, which has no `at_hash`, and a `sid`: no two are the same."""
        now = int(time())
        own = {"iss": self._client.issuer, "aud": self._client.client_id, "nonce": nonce}
        own["sid"] = secrets.token_urlsafe(16)
        times = {"iat": now, "exp": now + 36_000, "auth_time": auth_time}
        key_id = {"kid": self._key_id()}
        return jwt.encode({**claims, **own, **times}, self._key.private, ALGORITHM, key_id)

    def _key_id(self) -> str:
        numbers = self._key.private.public_key().public_numbers()
        return sha256(str(numbers.n).encode()).hexdigest()[:16]


def _place(kind: str, secret: str) -> str:
    return f"dev_auth0:{kind}:{sha256(secret.encode(errors='replace')).hexdigest()}"


def _challenge(verifier: str) -> str:
    """S256 of RFC 7636 4.2."""
    digest = sha256(verifier.encode(errors="replace")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def _is_same(given: str, wanted: str) -> bool:
    return is_same(given.encode(errors="replace"), wanted.encode())
