"""Identities that wait in a sign-up, and what becomes of them: an account's, or nothing."""

from hashlib import sha256
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, record
from app.domain.delivery.notices import queue_notice
from app.domain.identity.provider import ExternalIdentity
from app.domain.identity.users import TooManyChanges, require_room_for_change
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Connection
from app.domain.sql import load_queries

sql = load_queries(__file__, "proofs.sql")


async def keep_identity(
    connection: Connection, flow_id: bytes, proof: UUID, external_identity: ExternalIdentity
) -> None:
    """Waits in the flow as `proof`, in the place of any other."""
    await connection.execute(*sql.end_proof(flow_id=flow_id))
    await connection.execute(
        *sql.add_proof(
            id=proof,
            flow_id=flow_id,
            issuer=external_identity.issuer,
            subject=external_identity.subject,
            email=external_identity.email,
            email_verified=external_identity.email_verified,
            asked_at=external_identity.authenticated_at,
        )
    )


async def end_identity(connection: Connection, flow_id: bytes) -> tuple[str, str] | None:
    """What waits in the flow proves nothing any more: whose it was, by issuer and subject."""
    row = await connection.fetchrow(*sql.end_proof(flow_id=flow_id))
    return (row["issuer"], row["subject"]) if row else None


async def find_pending_in_other_browser(
    connection: Connection, external_identity: ExternalIdentity
) -> bytes | None:
    """The flow in which the same identity came to wait last, within the last 20 hours."""
    flow_id: bytes | None = await connection.fetchval(
        *sql.find_in_other_browser(
            issuer=external_identity.issuer, subject=external_identity.subject
        )
    )
    return flow_id


async def link_first_identity(connection: Connection, flow_id: bytes, user_id: UUID) -> bool:
    """What waits in the flow makes the account of this person, who has just got one. False when it
    is someone's already.
    """
    linked = sql.link_first(flow_id=flow_id, user_id=user_id, id=uuid7())
    return await connection.fetchval(*linked) is not None


async def link_recent_identity(connection: Connection, flow_id: bytes, user_id: UUID) -> bool:
    """The same for an account there is already, if it came within the last hour."""
    linked = sql.link_recent(flow_id=flow_id, user_id=user_id, id=uuid7())
    return await connection.fetchval(*linked) is not None


async def has_recent_identity(connection: Connection, flow_id: bytes) -> bool:
    """Whether one waits in the flow that came within the last hour and is nobody's."""
    return await find_pending_in_flow(connection, flow_id) is not None


def session_flow(session_id: UUID) -> bytes:
    """Under which an identity waits in a session, until it is confirmed by another kind of
    proof. It is no flow of codes, so that nothing else is found there.
    """
    return sha256(b"link" + session_id.bytes).digest()


async def hand_over_identity(connection: Connection, flow_id: bytes, session_id: UUID) -> bool:
    """What waits in the flow and came within the last hour waits in the session instead."""
    moved = sql.hand_over(flow_id=flow_id, session_flow_id=session_flow(session_id))
    return await connection.fetchval(*moved) is not None


async def find_pending_in_flow(connection: Connection, flow_id: bytes) -> str | None:
    """The address of one that came within the last hour and is nobody's; '' where it has none."""
    email: str | None = await connection.fetchval(*sql.find_recent(flow_id=flow_id))
    return email


async def link_own_identity(
    connection: Connection, flow_id: bytes, user_id: UUID, limits: LimitTable, origin: Origin
) -> bool:
    """The same for someone who has proved the number, if the provider has just asked who they are
    and vouches for the account's very address: that is a proof of another kind. Not where the
    account was changed as often as it may be in a day.
    """
    await connection.execute(*sql.lock_person(user_id=user_id))
    try:
        await require_room_for_change(connection, user_id, limits)
    except TooManyChanges:
        return False  # it waits for another proof, as any other
    linked = await connection.fetchval(*sql.link_own(flow_id=flow_id, user_id=user_id, id=uuid7()))
    if linked:
        await queue_link_notice(connection, user_id, origin)
    return linked is not None


async def queue_link_notice(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """The owner of an account learns of every new way into it."""
    await record(connection, AuditEvent.IDENTITY_LINKED, user_id=user_id, network=origin.network)
    await queue_notice(connection, "identity_linked", user_id, origin)
