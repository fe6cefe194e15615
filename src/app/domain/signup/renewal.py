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

# Something else was proved: all that waits goes on under the new id. The code that a phone still
# waits for stays what it is.
MOVE_ALL = """
WITH emails AS (
  UPDATE email_verifications SET flow_id = $2
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
),
identities AS (
  UPDATE identity_proofs SET flow_id = $2
  WHERE flow_id = $1 AND ended_at IS NULL AND user_id IS NULL
)
UPDATE phone_verifications SET flow_id = $2
WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
"""


async def move_flow(connection: Connection, flow_id: bytes, became: bytes, proof: UUID) -> None:
    """In the transaction that consumed `proof`: what the flow has come to is that of `became`."""
    await connection.execute(MOVE, flow_id, became, proof)
