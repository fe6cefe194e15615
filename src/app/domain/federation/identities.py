"""Whose the identities of another provider are: found, linked, listed, removed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, record
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Conflict, Rejected
from app.domain.federation.proofs import (
    find_pending_in_flow,
    link_recent_identity,
    queue_link_notice,
    session_flow,
)
from app.domain.i18n import _
from app.domain.identity.provider import ExternalIdentity
from app.domain.identity.users import contacts_of, lock_contacts, require_room_for_change
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Connection, Database
from app.domain.sessions.factors import FEDERATED
from app.domain.sessions.session import OpenedSession, lock_session, unconfirm_by_provider
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.sql import load_queries

sql = load_queries(__file__, "identities.sql")


class IdentityTaken(Conflict):
    """Only ever told to someone who has just signed in with it."""

    code = "identity_taken"
    message = _("That login already opens another account here. Use another one.")


class NotLinked(Rejected):
    """It is nobody's, or someone else's: which of them is not told."""

    code = "auth0_not_linked"
    message = _(
        "That login isn’t linked to your account, so it doesn’t count. Use the one that is, or"
        " confirm another way."
    )


class LastWayIn(Conflict):
    """A number can be lost; with it alone, so would be the account."""

    code = "last_way_in"
    message = _(
        "Choose a password first. Without one and without this login, only your phone would let"
        " you in."
    )


NO_ADDRESS = _(
    "Add an e-mail address first. Without one and without this login, only your phone would let"
    " you in."
)


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    id: UUID
    issuer: str
    created_at: datetime


class Identities:
    """`issuer` is the provider's that is asked now, '' where there is none."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        limits: LimitTable,
        issuer: str,
    ) -> None:
        self._database, self._sessions, self._limits = database, sessions, limits
        self._issuer = issuer

    async def sign_in(
        self, external_identity: ExternalIdentity, device: Device
    ) -> OpenedSession | None:
        """A session for whoever this identity is linked to; None when it is nobody's."""
        async with self._database.transaction() as connection:
            known = await connection.fetchrow(
                *sql.lock_owner(issuer=external_identity.issuer, subject=external_identity.subject)
            )
            if known is None:
                return None
            user_id = known["user_id"]
            opened = await self._sessions.open_session(
                connection, user_id, contacts_of(known), FEDERATED, device, known["id"]
            )
            asked_at = external_identity.authenticated_at
            await record(
                connection,
                AuditEvent.IDENTITY_USED,
                user_id=user_id,
                network=device.origin.network,
                auth_time="not told" if asked_at is None else int(asked_at),
            )
            await self._sessions.queue_device_notice(connection, opened, device)
        return opened

    async def link_identity(
        self, access: Access, external_identity: ExternalIdentity, origin: Origin
    ) -> None:
        """The same twice is the same once. Raises `IdentityTaken`, `TooManyChanges`, and
        `Unauthenticated` when the session ends meanwhile.
        """
        user_id = access.user_id
        async with self._database.transaction() as connection:
            await lock_contacts(connection, user_id)
            await lock_session(connection, access)
            if await _owner(connection, external_identity) == user_id:
                return
            await require_room_for_change(connection, user_id, self._limits)
            linked = sql.link_identity(
                id=uuid7(),
                user_id=user_id,
                issuer=external_identity.issuer,
                subject=external_identity.subject,
            )
            if not await connection.fetchval(*linked):
                raise IdentityTaken
            await queue_link_notice(connection, user_id, origin)

    async def list_identities(self, user_id: UUID) -> list[LinkedIdentity]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_identities(user_id=user_id))
        return [LinkedIdentity(row["id"], row["issuer"], row["created_at"]) for row in rows]

    async def can_vouch_for(self, user_id: UUID) -> bool:
        """Whether the provider that is asked now knows this person."""
        async with self._database.connection() as connection:
            known = sql.has_any(user_id=user_id, issuer=self._issuer)
            return bool(await connection.fetchval(*known))

    async def check_owner(
        self, connection: Connection, user_id: UUID, external_identity: ExternalIdentity
    ) -> None:
        """Before anything else of the person is locked: it stays theirs until the transaction ends.
        Raises `NotLinked` unless it is this person's.
        """
        known = await connection.fetchrow(
            *sql.lock_owner(issuer=external_identity.issuer, subject=external_identity.subject)
        )
        if known is None or known["user_id"] != user_id:
            raise NotLinked

    async def find_pending(self, access: Access) -> str | None:
        """The address of one that was brought to this session and is not linked yet; '' where it
        has none.
        """
        async with self._database.connection() as connection:
            return await find_pending_in_flow(connection, session_flow(access.session_id))

    async def link_pending(self, access: Access, origin: Origin) -> bool:
        """Whether there is still one. Raises as `link_identity`, and `ConfirmationNeeded`."""
        await self._sessions.require_fresh(access)
        async with self._database.transaction() as connection:
            await lock_contacts(connection, access.user_id)
            await lock_session(connection, access)
            await require_room_for_change(connection, access.user_id, self._limits)
            flow_id = session_flow(access.session_id)
            linked = await link_recent_identity(connection, flow_id, access.user_id)
            if linked:
                await queue_link_notice(connection, access.user_id, origin)
        return linked

    async def remove_identity(self, access: Access, identity_id: UUID, origin: Origin) -> None:
        """And ends the sessions it opened; those it may have confirmed are confirmed no more. What
        is not there, or someone else's, is left alone. Raises `ConfirmationNeeded`, `LastWayIn`,
        `TooManyChanges`, and `Unauthenticated` when the session ends meanwhile.
        """
        await self._sessions.require_fresh(access)
        user_id = access.user_id
        async with self._database.transaction() as connection:
            held = await connection.fetchrow(*sql.lock_person(user_id=user_id))
            others = sql.has_other(user_id=user_id, id=identity_id, issuer=self._issuer)
            if held and not held["stays_in"] and not await connection.fetchval(*others):
                raise LastWayIn(None if held["has_address"] else NO_ADDRESS)
            await lock_session(connection, access)
            await require_room_for_change(connection, user_id, self._limits)
            removed = sql.remove_identity(user_id=user_id, id=identity_id)
            if await connection.fetchval(*removed):
                await self._sessions.end_opened_by(connection, access, identity_id, origin)
                await unconfirm_by_provider(connection, user_id)
                await record(
                    connection, AuditEvent.IDENTITY_REMOVED, user_id=user_id, network=origin.network
                )
                await queue_notice(connection, "identity_removed", user_id, origin)


async def _owner(connection: Connection, external_identity: ExternalIdentity) -> UUID | None:
    owner: UUID | None = await connection.fetchval(
        *sql.find_owner(issuer=external_identity.issuer, subject=external_identity.subject)
    )
    return owner
