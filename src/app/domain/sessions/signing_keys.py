"""Signing keys: several at once, the newest signs, all are published, none is readable at rest."""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.domain.audit import AuditEvent, record_operator
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


class Dated(Protocol):
    @property
    def created_at(self) -> datetime: ...


K = TypeVar("K", bound=Dated)


def find_signing(keys: Sequence[K], now: datetime) -> K:
    """The newest one that every server knows by `now`, or else the oldest, which is there longest.
    `keys` are in the order of their age, the oldest first, and at least one.
    """
    known = now - KNOWN_AFTER
    return next((key for key in reversed(keys) if key.created_at < known), keys[0])


class KeyState(StrEnum):
    """What a key does. One that is `UNREADABLE` was sealed with a `SECRET_KEY` that is gone."""

    SIGNS = "signs"
    SIGNS_SOON = "signs soon"
    VERIFIES = "verifies"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ListedKey:
    id: str
    created_at: datetime
    state: KeyState


class SigningKeys:
    """`seals` are AES-256 keys: the first seals new ones, all open old ones. `polled` is the same
    database, for the looks that go on beside the requests.
    """

    def __init__(
        self, seals: Sequence[bytes], database: Database, polled: Database | None = None
    ) -> None:
        self._seals, self._database, self._polled = seals, database, polled or database
        self._seen: list[str] | None = None

    @property
    def listed(self) -> Sequence[str]:
        """The ids of all that there were at the last `load_keys`, readable or not."""
        return self._seen or ()

    async def have_changed(self) -> bool:
        """Whether there are others than `load_keys` has seen, or it has seen none yet."""
        async with self._polled.connection() as connection:
            return bool(await connection.fetchval(*sql.list_ids()) != self._seen)

    async def load_keys(self) -> list[SigningKey]:
        """All of them, oldest first; the very first is made here. Raises `UnreadableKeys`."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(*sql.list_keys())
            if not rows:
                await connection.execute(*sql.lock_keys())
                rows = await connection.fetch(*sql.list_keys()) or [await self._add_key(connection)]
        self._seen = [row["id"] for row in rows]
        keys = [key for row in rows if (key := self._decrypt_key(row))]
        for unreadable in sorted({*self._seen} - {key.id for key in keys}):
            log.warning(
                "a signing key was sealed with another SECRET_KEY", extra={"key": unreadable}
            )
        if not keys:
            raise UnreadableKeys
        return keys

    async def list_keys(self) -> list[ListedKey]:
        """All of them, oldest first, as a server with these `seals` sees them."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_keys())
        return self._listed(rows)

    def _listed(self, rows: Sequence[Record]) -> list[ListedKey]:
        keys = [key for row in rows if (key := self._decrypt_key(row))]
        signing = find_signing(keys, datetime.now(UTC)) if keys else None
        states = {key.id: _state(key, signing) for key in keys}
        return [
            ListedKey(row["id"], row["created_at"], states.get(row["id"], KeyState.UNREADABLE))
            for row in rows
        ]

    async def rotate_keys(self) -> str:
        """The id of a new key, which signs in a minute; tokens of the others stay good until they
        end.
        """
        async with self._database.transaction() as connection:
            await connection.execute(*sql.lock_keys())
            await connection.execute(*sql.remove_superseded())
            added = str((await self._add_key(connection))["id"])
            await record_operator(connection, AuditEvent.KEYS_ROTATED, key=added)
            return added

    async def revoke_key(self, key_id: str) -> ListedKey | None:
        """The one that signs from now on, a new one where no other is left; None where there is no
        such key. Servers refuse its tokens as soon as they look.
        """
        async with self._database.transaction() as connection:
            await connection.execute(*sql.lock_keys())
            if await connection.fetchval(*sql.remove_key(id=key_id)) is None:
                return None
            left = [*await connection.fetch(*sql.list_keys())]
            if all(each.state is KeyState.UNREADABLE for each in self._listed(left)):
                left.append(await self._add_key(connection))
            [signing] = [each for each in self._listed(left) if each.state is KeyState.SIGNS]
            event = AuditEvent.KEYS_REVOKED
            await record_operator(connection, event, key=key_id, signs=signing.id)
            return signing

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
        return None


def _state(key: SigningKey, signing: SigningKey | None) -> KeyState:
    if key is signing:
        return KeyState.SIGNS
    is_newer = signing is not None and key.created_at > signing.created_at
    return KeyState.SIGNS_SOON if is_newer else KeyState.VERIFIES


def _key_id(private: Ed25519PrivateKey) -> str:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return sha256(public).hexdigest()[:16]
