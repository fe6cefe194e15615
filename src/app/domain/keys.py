"""Keys of a purpose each, derived from `SECRET_KEY`, and what is signed by them: what signs one
thing never signs another.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

MAC_BYTES = 32


def keys_for(purpose: str, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """32 bytes a secret: HKDF-Expand (RFC 5869) of one block, `purpose` being its info.

    The first one signs, all verify, so a secret can be replaced without logging anybody out.
    """
    info = f"latchkey {purpose}".encode() + b"\x01"
    return tuple(hmac.digest(secret.encode(), info, sha256) for secret in secrets)


def fingerprint_of(secret: str) -> str:
    """Eight hex digits that name it to people; they do not lead back to it."""
    return keys_for("fingerprint", (secret,))[0].hex()[:8]


class SecretKeys:
    """What `SECRET_KEY` holds, and the keys that are derived from it. Which of them signs may
    change while a process runs, and what was derived before follows.
    """

    def __init__(self, secrets: tuple[str, ...]) -> None:
        """In the order of the setting: the first signs, and the last is the oldest, until it is
        known otherwise.
        """
        self.secrets = secrets
        self.configured = tuple(map(fingerprint_of, secrets))
        self.signs_by = self.configured[0] if secrets else ""
        # The newest first; the list stays the same one.
        self.by_age: list[str] = list(secrets)
        self._derived: dict[str, list[bytes]] = {}
        self._oldest: dict[str, list[bytes]] = {}

    def derive(self, purpose: str) -> Sequence[bytes]:
        """A key each, of which the first signs at any time."""
        return self._derived.setdefault(purpose, self._in_turn(purpose))

    def derive_oldest(self, purpose: str) -> Sequence[bytes]:
        """One, for what is found again by what it was signed to: it stays while a new one comes."""
        return self._oldest.setdefault(purpose, [*keys_for(purpose, (self.by_age[-1],))])

    def reorder(self, signs_by: str, by_age: Sequence[str]) -> None:
        """`signs_by` is the fingerprint of one of them; `by_age` are all, the newest first."""
        if (signs_by, [*by_age]) == (self.signs_by, self.by_age):
            return
        self.signs_by, self.by_age[:] = signs_by, by_age
        for purpose, keys in self._derived.items():
            keys[:] = self._in_turn(purpose)
        for purpose, keys in self._oldest.items():
            keys[:] = keys_for(purpose, (by_age[-1],))

    def _in_turn(self, purpose: str) -> list[bytes]:
        first = self.secrets[self.configured.index(self.signs_by)]
        others = (each for each in self.secrets if each != first)
        return [*keys_for(purpose, (first, *others))]


@dataclass(frozen=True, slots=True)
class Signer:
    """HMAC-SHA256 by the keys of one purpose: the first signs, all verify."""

    keys: Sequence[bytes]

    def sign(self, *parts: bytes) -> bytes:
        """32 bytes over the parts, joined by `|`: whoever calls sees to it that no other list of
        parts is joined to the same.
        """
        signing = _hmac_by(self.keys[0]).copy()
        signing.update(b"|".join(parts))
        return signing.finalize()

    def verifies(self, mac: bytes, *parts: bytes, length: int = MAC_BYTES) -> bool:
        """Whether `mac` is the first `length` bytes of what a key signs. In constant time."""
        signed = [one.sign(*parts)[:length] for one in self.each()]
        return any([is_same(mac, each) for each in signed])

    def each(self) -> tuple["Signer", ...]:
        """One for each key; the first is that of the key that signs now."""
        return (self,) if len(self.keys) == 1 else tuple(Signer((key,)) for key in self.keys)


@lru_cache(1024)
def _hmac_by(key: bytes) -> HMAC:
    """To be copied: one that begins with its key each time takes three times as long (measured:
    2.2 µs, not 0.7, and most requests sign twice).
    """
    return HMAC(key, SHA256())


def is_same(given: bytes, wanted: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(given, wanted)
