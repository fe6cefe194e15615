"""A sign-up goes on under another id once its number is proved: the old one is dead.

Whoever knew the flow cookie before, by having planted it or used the browser earlier, is left out.
"""

from collections.abc import Callable
from uuid import UUID

from app.domain.ports import Connection

# The id a flow goes on under by the proof with this one; always the same for the same proof.
Renewal = Callable[[UUID], bytes]

# $1 flow, $2 what it becomes, $3 the verification that was just consumed.
MOVE = """
WITH emails AS (
  UPDATE email_verifications SET flow_id = $2
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
),
identities AS (
  UPDATE identity_proofs SET flow_id = $2
  WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
),
earlier AS (
  UPDATE phone_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND id <> $3
)
UPDATE phone_verifications SET flow_id = $2, moved_from = $1 WHERE id = $3
"""

# Somebody has shown who they are elsewhere: all that waits goes on under the new id, where that has
# none of its own. The code that a phone still waits for stays what it is.
MOVE_ALL = """
WITH emails AS (
  UPDATE email_verifications SET flow_id = $2
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL
    AND NOT EXISTS (
      SELECT 1 FROM email_verifications
      WHERE flow_id = $2 AND purpose = 'signup' AND ended_at IS NULL
    )
)
UPDATE phone_verifications SET flow_id = $2
WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL
  AND NOT EXISTS (
    SELECT 1 FROM phone_verifications
    WHERE flow_id = $2 AND purpose = 'signup' AND ended_at IS NULL
  )
"""

# The answer that told of the new id may be lost. While the code would have lived, it can be entered
# again under the old one, and leads on if what the flow became was not begun anew.
MOVED = """
SELECT phone, flow_id FROM phone_verifications v
WHERE moved_from = $1 AND purpose = 'signup' AND ended_at IS NULL
  AND expires_at > clock_timestamp()
  AND NOT EXISTS (
    SELECT 1 FROM phone_verifications newer
    WHERE newer.flow_id = v.flow_id AND newer.purpose = 'signup'
      AND newer.created_at > v.created_at AND newer.ended_at IS NULL
  )
ORDER BY consumed_at DESC LIMIT 1
"""


async def move_flow(connection: Connection, flow_id: bytes, became: bytes, proof: UUID) -> None:
    """In the transaction that consumed `proof`: what the flow has come to is that of `became`."""
    await connection.execute(MOVE, flow_id, became, proof)


async def move_all(connection: Connection, flow_id: bytes, became: bytes) -> None:
    """In the transaction that keeps an identity for `became`."""
    await connection.execute(MOVE_ALL, flow_id, became)


async def moved_flow(connection: Connection, flow_id: bytes) -> tuple[str, bytes] | None:
    """The number that was proved a few minutes ago, and the id the flow has got by that."""
    row = await connection.fetchrow(MOVED, flow_id)
    return (row["phone"], row["flow_id"]) if row else None
