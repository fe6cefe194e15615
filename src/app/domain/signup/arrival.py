"""Somebody comes with an identity of a provider: what waits in the browser is theirs, or ends."""

import secrets
from uuid import UUID

from app.domain.federation.proofs import end_identity, keep_identity, waiting_elsewhere
from app.domain.identity.provider import Vouched
from app.domain.ports import Connection
from app.domain.signup.accounts import drop_email, drop_phone, vouch_for_email
from app.domain.signup.renewal import move_contacts
from app.domain.verification.codes import NONCE_BYTES

# What somebody proved who may have used the browser before.
DROP_EARLIER = """
WITH phones AS (
  UPDATE phone_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
    AND consumed_at < clock_timestamp() - interval '10 minutes'
)
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
  AND consumed_at < clock_timestamp() - interval '10 minutes'
"""


async def arrive(
    connection: Connection, flow_id: bytes, became: bytes, proof: UUID, vouched: Vouched
) -> bytes | None:
    """The flow goes on as `became`, with the identity as `proof`, and with what the same identity
    has proved in another browser: that flow is returned, which has to prove it again.
    """
    waited = await end_identity(connection, flow_id)
    if waited is None:
        await connection.execute(DROP_EARLIER, flow_id)
    elif waited != vouched.key:
        await drop_phone(connection, flow_id)
        await drop_email(connection, flow_id)
    await move_contacts(connection, flow_id, became)
    elsewhere = await waiting_elsewhere(connection, vouched)
    await keep_identity(connection, became, proof, vouched)
    if vouched.email and vouched.email_verified:
        nonce = secrets.token_bytes(NONCE_BYTES)
        await vouch_for_email(connection, became, vouched.email, nonce)
    if elsewhere:
        await move_contacts(connection, elsewhere, became)
    return elsewhere
