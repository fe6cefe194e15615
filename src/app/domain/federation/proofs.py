"""Identities that wait in a sign-up, and what becomes of them: an account's, or nothing."""

from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.identity.provider import Vouched
from app.domain.limits import Origin
from app.domain.ports import Connection

# Three steps may follow it, of 20 hours each.
WAITING = (
    "ended_at IS NULL AND user_id IS NULL AND created_at > clock_timestamp() - interval '3 days'"
)

KEEP = """
INSERT INTO identity_proofs (id, flow_id, issuer, subject, email, email_verified)
VALUES ($1, $2, $3, $4, $5, $6)
"""

END = """
UPDATE identity_proofs SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
RETURNING issuer, subject
"""

# $1 issuer, $2 subject. Not one that another request is busy with: it may look for ours.
ELSEWHERE = f"""
SELECT flow_id FROM identity_proofs
WHERE issuer = $1 AND subject = $2 AND {WAITING}
  AND created_at > clock_timestamp() - interval '20 hours'
ORDER BY created_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED
"""

# $1 flow, $2 whose it becomes, $3 the id it gets. With {own} only if that person's address says so.
LINK = f"""
WITH used AS (
  UPDATE identity_proofs SET user_id = $2
  WHERE flow_id = $1 AND {WAITING} {{own}} RETURNING issuer, subject
)
INSERT INTO identities (id, user_id, issuer, subject) SELECT $3, $2, issuer, subject FROM used
ON CONFLICT (issuer, subject) DO NOTHING RETURNING id
"""
LINK_ANY = LINK.format(own="")
# By whoever has used the browser since, it is neither offered nor linked.
RECENT = "AND created_at > clock_timestamp() - interval '1 hour'"
LINK_RECENT = LINK.format(own=RECENT)
HAS_RECENT = f"""
SELECT EXISTS (
  SELECT 1 FROM identity_proofs w WHERE flow_id = $1 AND {WAITING} {RECENT} AND NOT EXISTS (
    SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject
  )
)
"""
LINK_OWN = LINK.format(
    own="AND created_at > clock_timestamp() - interval '20 hours' AND email_verified"
    " AND email = (SELECT email FROM users WHERE id = $2)"
)


async def keep_identity(
    connection: Connection, flow_id: bytes, proof: UUID, vouched: Vouched
) -> None:
    """Waits in the flow as `proof`, in the place of any other."""
    await connection.execute(END, flow_id)
    await connection.execute(
        KEEP,
        proof,
        flow_id,
        vouched.issuer,
        vouched.subject,
        vouched.email,
        vouched.email_verified,
    )


async def end_identity(connection: Connection, flow_id: bytes) -> tuple[str, str] | None:
    """What waits in the flow proves nothing any more: whose it was, by issuer and subject."""
    row = await connection.fetchrow(END, flow_id)
    return (row["issuer"], row["subject"]) if row else None


async def waiting_elsewhere(connection: Connection, vouched: Vouched) -> bytes | None:
    """The flow in which the same identity came to wait last, within the last 20 hours."""
    flow_id: bytes | None = await connection.fetchval(ELSEWHERE, vouched.issuer, vouched.subject)
    return flow_id


async def link_identity(connection: Connection, flow_id: bytes, user_id: UUID) -> bool:
    """What waits in the flow is this person's from now on. False when it is somebody's already."""
    return await connection.fetchval(LINK_ANY, flow_id, user_id, uuid7()) is not None


async def link_recent_identity(connection: Connection, flow_id: bytes, user_id: UUID) -> bool:
    """The same, if it came within the last hour."""
    return await connection.fetchval(LINK_RECENT, flow_id, user_id, uuid7()) is not None


async def has_recent_identity(connection: Connection, flow_id: bytes) -> bool:
    """Whether one waits in the flow that came within the last hour and is nobody's."""
    return bool(await connection.fetchval(HAS_RECENT, flow_id))


async def link_own_identity(
    connection: Connection, flow_id: bytes, user_id: UUID, origin: Origin
) -> bool:
    """The same for somebody who has signed in, if the provider vouches for their very address."""
    linked = await connection.fetchval(LINK_OWN, flow_id, user_id, uuid7())
    if linked:
        await tell_of_link(connection, user_id, origin)
    return linked is not None


async def tell_of_link(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """The owner of an account learns of every new way into it."""
    await record(connection, "identity:linked", user_id=user_id, network=origin.network)
    await queue_notice(connection, "identity_linked", user_id, origin)
