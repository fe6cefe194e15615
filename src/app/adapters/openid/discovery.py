"""What a provider publishes (OpenID Connect Discovery 1.0, JWKS): fetched once for all, and
kept.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from app.adapters.openid.client import ProviderClient, Reply
from app.domain.errors import Refusal
from app.domain.identity.provider import IdentityNotConfirmed
from app.settings.environment import is_loopback

T = TypeVar("T")

HOLD = 15.0  # seconds after a fetch that failed, in which the old value is given without asking
STALE = 86_400.0  # seconds; older than a day nothing is believed any more
NEVER = float("-inf")


class CachedValue(Generic[T]):
    """`fetch` raises a `Refusal`; its value is good for `fresh` seconds."""

    def __init__(self, fetch: Callable[[], Awaitable[T]], fresh: float) -> None:
        self._fetch, self._fresh = fetch, fresh
        self._fetching: asyncio.Task[T] | None = None
        self._fetched_at = self._failed_at = NEVER
        self.value: T | None = None

    @property
    def is_refreshing(self) -> bool:
        return self._fetching is not None

    async def get_value(self) -> T:
        """Raises what `fetch` raised when there is no value of the last day either."""
        age = monotonic() - self._fetched_at
        held = age < STALE and monotonic() - self._failed_at < HOLD
        if self.value is not None and (age < self._fresh or held):
            return self.value
        try:
            return await self.refresh_value()
        except Refusal:
            if self.value is None or age >= STALE:
                raise
            return self.value

    async def refresh_value(self) -> T:
        """Fetches now; who asks meanwhile waits for the same, and may go away without ending it."""
        if self._fetching is None:
            self._fetching = asyncio.create_task(self._refresh())
            self._fetching.add_done_callback(self._store_result)
        return await asyncio.shield(self._fetching)

    async def _refresh(self) -> T:
        self.value = await self._fetch()
        self._fetched_at = monotonic()
        return self.value

    def _store_result(self, task: asyncio.Task[T]) -> None:
        self._fetching = None
        # Looked at here, since nobody may be waiting any more.
        if not task.cancelled() and task.exception():
            self._failed_at = monotonic()


# Discovery (OpenID Connect Discovery 1.0): where the endpoints of our issuer are.

log = logging.getLogger("app.identity_provider")

DOCUMENT = ".well-known/openid-configuration"
ENDPOINTS_FRESH = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Each an address that nobody else can listen in on; '' for one that it does not have."""

    authorization: str
    token: str
    keys: str
    userinfo: str
    logout: str


class Discovery:
    """`issuer` is compared as it was configured, to the last slash."""

    def __init__(self, client: ProviderClient, issuer: str) -> None:
        self._client, self._issuer = client, issuer
        self._kept = CachedValue(self._fetch, ENDPOINTS_FRESH)

    @property
    def known(self) -> Endpoints | None:
        return self._kept.value

    async def get_endpoints(self) -> Endpoints:
        """Raises `ProviderDown`, and `IdentityNotConfirmed` where another issuer answers."""
        return await self._kept.get_value()

    async def refresh_endpoints(self) -> None:
        """Raises as `get_endpoints`."""
        await self._kept.refresh_value()

    async def _fetch(self) -> Endpoints:
        reply = await self._client.get(f"{self._issuer}{DOCUMENT}")
        problem = _problem(reply, self._issuer)
        if problem:
            self._client.mark_down(f"AUTH0_ISSUER leads to no provider of ours: {problem}")
            log.error("AUTH0_ISSUER leads to no provider of ours", extra={"reason": problem})
            raise IdentityNotConfirmed
        return parse_endpoints(reply.body, self._issuer)


def _problem(reply: Reply, issuer: str) -> str:
    """What is wrong with the document; '' for nothing."""
    if reply.status != 200:
        return reply.words
    if reply.body.get("issuer") != issuer:
        return "its issuer is another"
    found = parse_endpoints(reply.body, issuer)
    needed = {
        "authorization_endpoint": found.authorization,
        "token_endpoint": found.token,
        "jwks_uri": found.keys,
    }
    return next((f"it has no {name}" for name, url in needed.items() if not url), "")


def parse_endpoints(document: Mapping[str, Any], issuer: str) -> Endpoints:
    """Of the discovery document that `issuer` gave."""
    schemes = ("https", "http") if issuer.startswith("http:") else ("https",)
    return Endpoints(
        *(
            _safe(document.get(name), schemes)
            for name in (
                "authorization_endpoint",
                "token_endpoint",
                "jwks_uri",
                "userinfo_endpoint",
                "end_session_endpoint",
            )
        )
    )


def _safe(url: object, schemes: tuple[str, ...]) -> str:
    """An absolute address by one of these, http only on loopback; '' for anything else."""
    if not isinstance(url, str) or not re.fullmatch(r"https?://[!-~]+", url) or "#" in url:
        return ""
    try:
        parts = urlsplit(url)
        listened_to = parts.scheme == "http" and not is_loopback(parts.hostname)
    except ValueError:
        return ""
    if parts.scheme not in schemes or listened_to or not parts.hostname or "@" in parts.netloc:
        return ""
    return url


# The provider's signing keys (JWKS): only those it publishes itself, only for RS256.

ALGORITHM = "RS256"  # the only one ever accepted (RFC 8725 3.1)
KEYS_FRESH = 600.0  # seconds
UNKNOWN = 60.0  # seconds between two looks for keys that we do not know
# Bits. Shorter ones are weak (RFC 7518 3.3), longer ones are someone's way to keep us busy.
SHORTEST, LONGEST = 2048, 8192


class ProviderKeys:
    """`fresh` and `unknown` in seconds."""

    def __init__(
        self,
        client: ProviderClient,
        discovery: Discovery,
        fresh: float = KEYS_FRESH,
        unknown: float = UNKNOWN,
    ) -> None:
        self._client, self._discovery, self._unknown = client, discovery, unknown
        self._kept = CachedValue(self._fetch, fresh)
        self._looked_at = NEVER

    async def find(self, key_id: str) -> RSAPublicKey | None:
        """None when the provider has no such key, or had none within the last minute. Raises
        `ProviderDown`, `IdentityNotConfirmed`.
        """
        keys = await self._kept.get_value()
        if key_id not in keys and self._can_refresh():
            with suppress(Refusal):
                keys = await self._kept.refresh_value()
        return keys.get(key_id)

    def _can_refresh(self) -> bool:
        """Once in `unknown` seconds, and for whoever asks while that look is under way."""
        if self._kept.is_refreshing:
            return True
        if monotonic() - self._looked_at < self._unknown:
            return False
        self._looked_at = monotonic()
        return True

    async def _fetch(self) -> dict[str, RSAPublicKey]:
        endpoints = await self._discovery.get_endpoints()
        reply = await self._client.get(endpoints.keys)
        found = dict(_usable(reply.body.get("keys"))) if reply.status == 200 else {}
        if not found:
            log.error("the identity provider has no keys for us", extra={"status": reply.status})
            raise IdentityNotConfirmed
        return found


def _usable(keys: Any) -> Iterator[tuple[str, RSAPublicKey]]:
    """Whatever else is in the set is left out: keys of other kinds, for other uses, too short."""
    for key in keys if isinstance(keys, list) else ():
        if isinstance(key, Mapping) and _is_for_us(key):
            with suppress(jwt.PyJWTError, ValueError, TypeError):
                # The public half alone, should they ever publish both.
                public = RSAAlgorithm.from_jwk({name: key[name] for name in ("kty", "n", "e")})
                if isinstance(public, RSAPublicKey) and SHORTEST <= public.key_size <= LONGEST:
                    yield key["kid"], public


def _is_for_us(key: Mapping[str, Any]) -> bool:
    return (
        key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHM) == ALGORITHM
        and all(isinstance(key.get(name), str) and key[name] for name in ("kid", "n", "e"))
    )
