"""A sign-up goes on under another id once its number is proved: the old one is dead.

Whoever knew the flow cookie before, by having planted it or used the browser earlier, is left out.
"""

from uuid import UUID

from app.domain.ports import Connection

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

# Something else was proved: the contacts go on under the new id, where that has none of its own.
# The code that a phone still waits for stays what it is.
MOVE_CONTACTS = """
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

MOVE_IDENTITY = """
UPDATE identity_proofs SET flow_id = $2
WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
"""


async def move_flow(connection: Connection, flow_id: bytes, became: bytes, proof: UUID) -> None:
    """In the transaction that consumed `proof`: what the flow has come to is that of `became`."""
    await connection.execute(MOVE, flow_id, became, proof)


async def move_contacts(connection: Connection, flow_id: bytes, became: bytes) -> None:
    """In the transaction of a proof that is not one of the number."""
    await connection.execute(MOVE_CONTACTS, flow_id, became)


async def move_all(connection: Connection, flow_id: bytes, became: bytes) -> None:
    """The same with the identity that waits."""
    await move_contacts(connection, flow_id, became)
    await connection.execute(MOVE_IDENTITY, flow_id, became)
