"""Flows: the secret in a flow cookie, by which a browser comes back to what it began.

Only what was issued here names a flow, and a proof gives it a new name. So nobody gets into what
somebody else proves by a cookie that they made up, planted, or noted down before.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

SEED = 16  # bytes of chance; as many follow that say who issued them


class Flows:
    """`keys`: the first issues, all recognise."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = keys

    def issue(self) -> str:
        """A secret nobody has had before: 43 characters of base64url."""
        return _signed(self._keys[0], secrets.token_bytes(SEED))

    def is_ours(self, secret: str) -> bool:
        try:
            seed = urlsafe_b64decode(f"{secret}=")[:SEED]
        except ValueError:
            return False
        given = secret.encode()
        # Compared as text: other spellings of the same bytes are not what was issued.
        return any([hmac.compare_digest(given, _signed(k, seed).encode()) for k in self._keys])

    def successor(self, secret: str, proof: bytes) -> str:
        """What `secret` becomes by `proof`, an id that is used once. The same for the same two, so
        that an answer which got lost can be given again.
        """
        return _signed(self._keys[0], _mac(self._keys[0], b"successor", secret.encode(), proof))


def flow_id(secret: str) -> bytes:
    """What the tables know a flow by; it does not lead back to the cookie."""
    return sha256(secret.encode()).digest()


def _signed(key: bytes, seed: bytes) -> str:
    return urlsafe_b64encode(seed + _mac(key, b"issued", seed)).decode().rstrip("=")


def _mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.digest(key, b"|".join(parts), sha256)[:SEED]
