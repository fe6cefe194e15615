"""Links that undo a change: made when the mail that holds them is written, and stored nowhere.

The token is the id of the change and a MAC over it, so a dump of the database undoes nothing.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from uuid import UUID

from app.domain.errors import Rejected

ID_BYTES, MAC_BYTES = 16, 32  # 48 together: 64 characters, none of them padding


class UnknownUndo(Rejected):
    code = "unknown_undo"
    message = "This link does not work. Open it from our e-mail again, or copy all of it."


class UndoLinks:
    """`keys`: the first makes links, all check them."""

    def __init__(self, keys: tuple[bytes, ...], base_url: str) -> None:
        self._keys, self._base_url = keys, base_url

    def link_of(self, change_id: UUID) -> str:
        body = change_id.bytes
        token = urlsafe_b64encode(body + _mac(self._keys[0], body)).decode()
        return f"{self._base_url}/account/undo/{token}"

    def read(self, token: str) -> UUID:
        """The change a token stands for. Raises `UnknownUndo` for everything we did not make."""
        try:
            raw = urlsafe_b64decode(token)
        except ValueError:
            raise UnknownUndo from None
        body, mac = raw[:ID_BYTES], raw[ID_BYTES:]
        if len(raw) != ID_BYTES + MAC_BYTES or not any(
            [hmac.compare_digest(mac, _mac(key, body)) for key in self._keys]
        ):
            raise UnknownUndo
        return UUID(bytes=body)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, sha256)
