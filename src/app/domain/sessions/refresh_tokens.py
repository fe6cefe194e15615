"""Refresh tokens: opaque to whoever holds them, and the same one each time they are asked for.

A token is the session's id, a generation, and a MAC over both. Nothing of it is stored, so a dump
of the database refreshes nothing, and a successor can be given again to a client that lost it.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from app.domain.errors import Unauthenticated

GENERATION_BYTES = 4
MAC_BYTES = 32
LENGTH = 16 + GENERATION_BYTES + MAC_BYTES


@dataclass(frozen=True, slots=True)
class Presented:
    """A token of ours, whatever became of its session."""

    session_id: UUID
    generation: int


class RefreshTokens:
    """`keys`: the first makes tokens, all check them."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = keys

    def issue(self, session_id: UUID, generation: int) -> str:
        body = session_id.bytes + generation.to_bytes(GENERATION_BYTES)
        return urlsafe_b64encode(body + _mac(self._keys[0], body)).decode().rstrip("=")

    def read(self, token: str) -> Presented:
        """Raises `Unauthenticated` for everything we did not issue."""
        try:
            raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise Unauthenticated from None
        body, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if len(raw) != LENGTH or not any(
            [hmac.compare_digest(mac, _mac(key, body)) for key in self._keys]
        ):
            raise Unauthenticated
        return Presented(UUID(bytes=body[:16]), int.from_bytes(body[16:]))


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, sha256)
