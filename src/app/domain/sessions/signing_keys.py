"""Signing keys: several at once, the newest signs, all are published, none is readable at rest."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.ports import Connection, Database

NONCE_BYTES = 12  # NIST SP 800-38D 8.2
# A key signs only after every server had a minute to learn of it, and verifies until no token it
# signed can be alive.
KNOWN_AFTER = timedelta(seconds=60)

ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(727276)"
ALL = "SELECT id, sealed, created_at FROM signing_keys ORDER BY created_at"
ADD = "INSERT INTO signing_keys (id, sealed) VALUES ($1, $2)"
# Superseded an hour ago: its last token ended fifty minutes before.
REMOVE = """
DELETE FROM signing_keys k WHERE EXISTS (
  SELECT 1 FROM signing_keys n
  WHERE n.created_at > k.created_at AND n.created_at < clock_timestamp() - interval '1 hour'
)
"""


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

    async def load(self) -> list[SigningKey]:
        """All of them, oldest first; the very first is made here."""
        async with self._database.transaction() as connection:
            keys = await self._all(connection)
            if not keys:
                await connection.execute(ONE_AT_A_TIME)
                if not await self._all(connection):
                    await self._add(connection)
                keys = await self._all(connection)
        return keys

    async def rotate(self) -> SigningKey:
        """Adds a key, which signs in a minute; tokens of the others stay good until they end."""
        async with self._database.transaction() as connection:
            await connection.execute(ONE_AT_A_TIME)
            await self._add(connection)
            await connection.execute(REMOVE)
            return (await self._all(connection))[-1]

    async def _all(self, connection: Connection) -> list[SigningKey]:
        rows = await connection.fetch(ALL)
        return [
            SigningKey(row["id"], self._opened(row["sealed"]), row["created_at"]) for row in rows
        ]

    async def _add(self, connection: Connection) -> None:
        private = Ed25519PrivateKey.generate()
        nonce = os.urandom(NONCE_BYTES)
        sealed = nonce + AESGCM(self._seals[0]).encrypt(nonce, private.private_bytes_raw(), None)
        await connection.execute(ADD, _key_id(private), sealed)

    def _opened(self, sealed: bytes) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(_unsealed(sealed, self._seals))


def _unsealed(sealed: bytes, seals: tuple[bytes, ...]) -> bytes:
    """Raises `InvalidTag` when `SECRET_KEY` no longer holds the key that sealed it."""
    *retired, last = seals
    for seal in retired:
        try:
            return AESGCM(seal).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag:
            continue
    return AESGCM(last).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)


def _key_id(private: Ed25519PrivateKey) -> str:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(public).hexdigest()[:16]
