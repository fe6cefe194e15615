"""Signing keys: several at once, the newest signs, all are published, none is readable at rest."""

import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.errors import Unavailable
from app.domain.ports import Connection, Database, Record
from app.domain.sql import load_queries

log = logging.getLogger("app.keys")

NONCE_BYTES = 12  # NIST SP 800-38D 8.2
# A key signs only after every server had a minute to learn of it, and verifies until no token it
# signed can be alive.
KNOWN_AFTER = timedelta(seconds=60)

sql = load_queries(__file__, "signing_keys.sql")


class UnreadableKeys(Unavailable):
    """None of them was sealed with a key of this `SECRET_KEY`. Whoever has lost the one that did
    adds a new one by `latchkey keys rotate`; a server that is merely misconfigured must not.
    """

    code = "unreadable_keys"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`id` is the `kid` of its tokens, a digest of the public half."""

    id: str
    private: Ed25519PrivateKey
    created_at: datetime

    @property
    def public_bytes(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


class SigningKeys:
    """`seals` are AES-256 keys: the first seals new ones, all open old ones."""

    def __init__(self, seals: tuple[bytes, ...], database: Database) -> None:
        self._seals, self._database = seals, database

    async def load_keys(self) -> list[SigningKey]:
        """All of them, oldest first; the very first is made here. Raises `UnreadableKeys`."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(*sql.list_keys())
            if not rows:
                await connection.execute(*sql.lock_keys())
                rows = await connection.fetch(*sql.list_keys()) or [await self._add_key(connection)]
        keys = [key for row in rows if (key := self._decrypt_key(row))]
        if not keys:
            raise UnreadableKeys
        return keys

    async def rotate_keys(self) -> str:
        """The id of a new key, which signs in a minute; tokens of the others stay good until they
        end.
        """
        async with self._database.transaction() as connection:
            await connection.execute(*sql.lock_keys())
            await connection.execute(*sql.remove_superseded())
            return str((await self._add_key(connection))["id"])

    async def _add_key(self, connection: Connection) -> Record:
        private = Ed25519PrivateKey.generate()
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(self._seals[0]).encrypt(nonce, private.private_bytes_raw(), None)
        [added] = await connection.fetch(*sql.add_key(id=_key_id(private), sealed=sealed))
        return added

    def _decrypt_key(self, row: Record) -> SigningKey | None:
        """None when `SECRET_KEY` no longer holds the key that sealed it."""
        nonce, sealed = row["sealed"][:NONCE_BYTES], row["sealed"][NONCE_BYTES:]
        for seal in self._seals:
            with suppress(InvalidTag):
                raw = AESGCM(seal).decrypt(nonce, sealed, None)
                private = Ed25519PrivateKey.from_private_bytes(raw)
                return SigningKey(row["id"], private, row["created_at"])
        log.warning("a signing key was sealed with another SECRET_KEY", extra={"key": row["id"]})
        return None


def _key_id(private: Ed25519PrivateKey) -> str:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(public).hexdigest()[:16]
