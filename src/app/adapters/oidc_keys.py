"""The provider's signing keys (JWKS): only those it publishes itself, only for RS256."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from app.adapters.oidc_discovery import Discovery
from app.adapters.oidc_kept import NEVER, Kept
from app.adapters.oidc_line import Line
from app.domain.errors import Refusal
from app.domain.identity.provider import NotVouchedFor

log = logging.getLogger("app.identity_provider")

ALGORITHM = "RS256"  # the only one ever accepted (RFC 8725 3.1)
FRESH = 600.0  # seconds
UNKNOWN = 60.0  # seconds between two looks for keys that we do not know
# Bits. Shorter ones are weak (RFC 7518 3.3), longer ones are somebody's way to keep us busy.
SHORTEST, LONGEST = 2048, 8192


class Keys:
    """`fresh` and `unknown` in seconds."""

    def __init__(
        self, line: Line, discovery: Discovery, fresh: float = FRESH, unknown: float = UNKNOWN
    ) -> None:
        self._line, self._discovery, self._unknown = line, discovery, unknown
        self._kept = Kept(self._fetch, fresh)
        self._looked_at = NEVER

    async def find(self, key_id: str) -> RSAPublicKey | None:
        """None when the provider has no such key, or had none within the last minute. Raises
        `ProviderDown`, `NotVouchedFor`.
        """
        keys = await self._kept.get()
        if key_id not in keys and self._may_look():
            with suppress(Refusal):
                keys = await self._kept.renew()
        return keys.get(key_id)

    def _may_look(self) -> bool:
        """Once in `unknown` seconds, and for whoever asks while that look is under way."""
        if self._kept.is_being_renewed:
            return True
        if monotonic() - self._looked_at < self._unknown:
            return False
        self._looked_at = monotonic()
        return True

    async def _fetch(self) -> dict[str, RSAPublicKey]:
        endpoints = await self._discovery.endpoints()
        reply = await self._line.get(endpoints.keys)
        found = dict(_usable(reply.body.get("keys"))) if reply.status == 200 else {}
        if not found:
            log.error("the identity provider has no keys for us", extra={"status": reply.status})
            raise NotVouchedFor
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
