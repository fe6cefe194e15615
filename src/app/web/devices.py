"""The device cookie: a browser that the owner of an address has signed in from before.

It opens nothing. It only gives the owner a failure budget of their own, beside that of their
network's address, so that nobody else's wrong passwords can lock them out.
"""

import hmac
import secrets
from hashlib import sha256


class Devices:
    """`keys`: the first signs, all verify."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        self._keys = keys

    def issue(self, known: str, subject: bytes) -> str:
        """For a device, `known` or new, that `subject` has just signed in from."""
        device = known or secrets.token_hex(16)
        return f"{device}.{_mac(self._keys[0], device, subject)}"

    def read(self, cookie: str, subject: bytes) -> str:
        """The id of the device when the cookie is one of `subject`, else ''."""
        device, _, mac = cookie.partition(".")
        right = any(
            [
                hmac.compare_digest(mac.encode(), _mac(k, device, subject).encode())
                for k in self._keys
            ]
        )
        return device if device and right else ""


def _mac(key: bytes, device: str, subject: bytes) -> str:
    return hmac.digest(key, device.encode() + b"|" + subject, sha256).hex()
