"""What the end of a recovery writes: the password, once, whoever else finishes at that moment."""

from uuid import UUID

from app.domain.ports import Connection

PHONE_OF = "SELECT phone FROM users WHERE email = $1"

# Whoever opens a session is waited for, and waits: it is ended, or it began after.
LOCK_OWNER = "SELECT id FROM users WHERE email = $1 FOR UPDATE"

USE_PROOF = """
UPDATE email_verifications SET user_id = $2
WHERE id = $1 AND user_id IS NULL AND ended_at IS NULL RETURNING id
"""
END_PROOF = "UPDATE email_verifications SET ended_at = clock_timestamp() WHERE id = $1"

REPLACE = """
UPDATE users SET password_hash = $2, password_changed_at = clock_timestamp() WHERE id = $1
"""


async def phone_of(connection: Connection, email: str) -> str | None:
    phone: str | None = await connection.fetchval(PHONE_OF, email)
    return phone


async def lock_owner(connection: Connection, email: str) -> UUID | None:
    """Whose address it is; until the transaction ends nobody signs in to that account."""
    owner: UUID | None = await connection.fetchval(LOCK_OWNER, email)
    return owner


async def use_proof(connection: Connection, proof_id: UUID, user_id: UUID) -> bool:
    """Whether this caller is the one who may."""
    return await connection.fetchval(USE_PROOF, proof_id, user_id) is not None


async def end_proof(connection: Connection, proof_id: UUID) -> None:
    """It proved an address that has no account."""
    await connection.execute(END_PROOF, proof_id)


async def replace_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    await connection.execute(REPLACE, user_id, password_hash)
