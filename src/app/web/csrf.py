"""CSRF: a token bound to flow or session, and the browser's own word on where a form is from."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from app.domain.errors import Forbidden

MASK = 32  # bytes, as long as what is masked


class StaleForm(Forbidden):
    """It is from our own site, and its token from before the browser's flow was renewed."""

    code = "stale_form"


class Csrf:
    """`keys`: the first makes tokens, all check them. `origin` is that of `BASE_URL`."""

    def __init__(self, keys: tuple[bytes, ...], origin: str) -> None:
        self._keys, self._origin = keys, origin.encode()

    def token(self, binding: str) -> str:
        """Different in every answer, so that compression gives nothing away (BREACH)."""
        mask = secrets.token_bytes(MASK)
        return urlsafe_b64encode(mask + _xor(mask, _mac(self._keys[0], binding))).decode()

    def accepts(self, token: str, binding: str) -> bool:
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            return False
        if len(raw) != 2 * MASK:
            return False
        given = _xor(raw[:MASK], raw[MASK:])
        return any([hmac.compare_digest(given, _mac(key, binding)) for key in self._keys])

    def is_own(self, headers: dict[bytes, bytes]) -> bool:
        """`Sec-Fetch-Site` cannot be set by a page. Browsers without it send an `Origin`."""
        site = headers.get(b"sec-fetch-site")
        return site == b"same-origin" if site else headers.get(b"origin") == self._origin


def _mac(key: bytes, binding: str) -> bytes:
    return hmac.digest(key, binding.encode(), sha256)


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(MASK)
