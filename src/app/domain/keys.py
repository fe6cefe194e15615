"""Keys of a purpose each, derived from `SECRET_KEY`: what signs one thing never signs another."""

import hmac
from hashlib import sha256


def keys_for(purpose: str, secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    """32 bytes a secret: HKDF-Expand (RFC 5869) of one block, `purpose` being its info.

    The first one signs, all verify, so a secret can be replaced without logging anybody out.
    """
    info = f"latchkey {purpose}".encode() + b"\x01"
    return tuple(hmac.digest(secret.encode(), info, sha256) for secret in secrets)
