"""Keys of a purpose each, derived from `SECRET_KEY`, and what is signed by them: what signs one
thing never signs another.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256

MAC_BYTES = 32


def keys_for(purpose: str, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """32 bytes a secret: HKDF-Expand (RFC 5869) of one block, `purpose` being its info.

    The first one signs, all verify, so a secret can be replaced without logging anybody out.
    """
    info = f"latchkey {purpose}".encode() + b"\x01"
    return tuple(hmac.digest(secret.encode(), info, sha256) for secret in secrets)


@dataclass(frozen=True, slots=True)
class Signer:
    """HMAC-SHA256 by the keys of one purpose: the first signs, all verify."""

    keys: tuple[bytes, ...]

    def sign(self, *parts: bytes) -> bytes:
        """32 bytes over the parts, joined by `|`: whoever calls sees to it that no other list of
        parts is joined to the same.
        """
        return hmac.digest(self.keys[0], b"|".join(parts), sha256)

    def verifies(self, mac: bytes, *parts: bytes, length: int = MAC_BYTES) -> bool:
        """Whether `mac` is the first `length` bytes of what a key signs. In constant time."""
        signed = [one.sign(*parts)[:length] for one in self.each()]
        return any([is_same(mac, each) for each in signed])

    def each(self) -> tuple["Signer", ...]:
        """One for each key; the first is that of the key that signs now."""
        return tuple(Signer((key,)) for key in self.keys)


def is_same(given: bytes, wanted: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(given, wanted)
