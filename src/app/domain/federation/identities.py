"""Whose the identities of another provider are: found, linked, listed, removed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.credentials.device import Device
from app.domain.errors import Conflict
from app.domain.federation.proofs import tell_of_link
from app.domain.identity.provider import Vouched
from app.domain.limits import Origin
from app.domain.ports import Connection, Database
from app.domain.sessions.session import Opened
from app.domain.sessions.sessions import Sessions

FEDERATED = ("fed",)  # not of RFC 8176, which has none for it; Microsoft's and others' word

OWNER = "SELECT user_id FROM identities WHERE issuer = $1 AND subject = $2"
LINK = """
INSERT INTO identities (id, user_id, issuer, subject) VALUES ($1, $2, $3, $4)
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id
"""
LIST = "SELECT id, issuer, created_at FROM identities WHERE user_id = $1 ORDER BY created_at"
# The person first, so that of two that are removed at once the second one is looked at anew.
HOLD = "SELECT password_hash IS NOT NULL AS has_password FROM users WHERE id = $1 FOR UPDATE"
# $3 the issuer that people can come from.
OTHERS = """
SELECT EXISTS (SELECT 1 FROM identities WHERE user_id = $1 AND id <> $2 AND issuer = $3)
"""
REMOVE = "DELETE FROM identities WHERE user_id = $1 AND id = $2 RETURNING id"


class IdentityTaken(Conflict):
    """Only ever told to somebody who has just signed in with it."""

    code = "identity_taken"
    message = "That Auth0 sign-in already opens another account here. Use another one."


class LastWayIn(Conflict):
    """A number can be lost; with it alone, so would be the account."""

    code = "last_way_in"
    message = (
        "Choose a password first. Without one and without Auth0, only your phone would let you in."
    )


@dataclass(frozen=True, slots=True)
class Linked:
    id: UUID
    issuer: str
    created_at: datetime


class Identities:
    """`issuer` is the provider's that is asked now, '' where there is none."""

    def __init__(
        self, database: Database, sessions: Sessions, wake: Callable[[], None], issuer: str
    ) -> None:
        self._database, self._sessions, self._wake = database, sessions, wake
        self._issuer = issuer

    async def sign_in(self, vouched: Vouched, device: Device) -> Opened | None:
        """A session for whoever this identity is linked to; None when it is nobody's."""
        async with self._database.transaction() as connection:
            user_id = await _owner(connection, vouched)
            if user_id is None:
                return None
            opened = await self._sessions.open(connection, user_id, FEDERATED, device)
            await self._sessions.tell_of_device(connection, opened, device)
        self._wake()
        return opened

    async def link(self, user_id: UUID, vouched: Vouched, origin: Origin) -> None:
        """The same twice is the same once. Raises `IdentityTaken`."""
        async with self._database.transaction() as connection:
            added = await connection.fetchval(
                LINK, uuid7(), user_id, vouched.issuer, vouched.subject
            )
            if added:
                await tell_of_link(connection, user_id, origin)
            elif await _owner(connection, vouched) != user_id:
                raise IdentityTaken
        self._wake()

    async def of(self, user_id: UUID) -> list[Linked]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(LIST, user_id)
        return [Linked(row["id"], row["issuer"], row["created_at"]) for row in rows]

    async def remove(self, user_id: UUID, identity_id: UUID, origin: Origin) -> None:
        """What is not there, or somebody else's, is left alone. Raises `LastWayIn`."""
        async with self._database.transaction() as connection:
            stays_in = await connection.fetchval(HOLD, user_id) or await connection.fetchval(
                OTHERS, user_id, identity_id, self._issuer
            )
            if not stays_in:
                raise LastWayIn
            if await connection.fetchval(REMOVE, user_id, identity_id):
                await record(
                    connection, "identity:removed", user_id=user_id, network=origin.network
                )


async def _owner(connection: Connection, vouched: Vouched) -> UUID | None:
    owner: UUID | None = await connection.fetchval(OWNER, vouched.issuer, vouched.subject)
    return owner
