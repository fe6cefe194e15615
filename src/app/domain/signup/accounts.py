"""What the end of a sign-up writes: the account, once, whoever else finishes at the same moment."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.errors import Conflict, OutOfStep
from app.domain.ports import Connection
from app.domain.signup.drafts import IN_PROGRESS, STILL_PROVES

ACCOUNT_OF_PHONE = "SELECT id, password_hash FROM users WHERE phone = $1"

# Locked, so that two posts of one flow finish one after the other. Old ones prove nothing.
PROOFS = f"""
SELECT p.phone, p.user_id, e.email
FROM (
  SELECT * FROM phone_verifications
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND {STILL_PROVES}
  ORDER BY created_at DESC LIMIT 1 FOR UPDATE
) p,
LATERAL (
  SELECT * FROM email_verifications
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND {STILL_PROVES}
  ORDER BY created_at DESC LIMIT 1
) e
WHERE p.consumed_at IS NOT NULL AND e.consumed_at IS NOT NULL AND {IN_PROGRESS}
"""

CREATE = """
INSERT INTO users (id, phone, email, password_hash, password_changed_at)
VALUES ($1, $2, $3, $4, clock_timestamp())
ON CONFLICT DO NOTHING RETURNING id
"""

SPEND = """
WITH phones AS (
  UPDATE phone_verifications SET user_id = $2 WHERE flow_id = $1 AND purpose = 'signup'
)
UPDATE email_verifications SET user_id = $2 WHERE flow_id = $1 AND purpose = 'signup'
"""

DROP_EMAIL = """
UPDATE email_verifications SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND purpose = 'signup'
"""
DROP_PHONE = """
UPDATE phone_verifications SET ended_at = clock_timestamp()
WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND user_id IS NULL
"""

# An e-mail proved in another unfinished sign-up of the same number: that of another device.
ADOPT = """
INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at, consumed_at)
SELECT $1, $2, e.purpose, e.nonce, e.email, e.expires_at, e.consumed_at
FROM email_verifications e
WHERE e.purpose = 'signup' AND e.consumed_at > clock_timestamp() - interval '20 hours'
  AND e.user_id IS NULL AND e.ended_at IS NULL
  AND e.flow_id IN (
    SELECT flow_id FROM phone_verifications
    WHERE phone = $3 AND purpose = 'signup' AND consumed_at IS NOT NULL AND user_id IS NULL
      AND ended_at IS NULL AND created_at > clock_timestamp() - interval '1 day'
  )
  AND NOT EXISTS (
    SELECT 1 FROM email_verifications
    WHERE flow_id = $2 AND purpose = 'signup' AND ended_at IS NULL
  )
ORDER BY e.consumed_at DESC LIMIT 1
RETURNING email
"""


class EmailTaken(Conflict):
    """Only ever told to somebody who has just proved that the address is theirs."""

    code = "email_taken"
    field = "email"
    message = "That address already has an account. Use another one, or sign in with it."


class ProveAgain(OutOfStep):
    """The number has got an account since it was proved: only a proof of now opens that."""

    code = "prove_again"
    message = "Confirm your number once more to go on."


@dataclass(frozen=True, slots=True)
class Proofs:
    """Both contacts as this flow proved them; `user_id` when they already made an account."""

    phone: str
    email: str
    user_id: UUID | None


@dataclass(frozen=True, slots=True)
class Account:
    """Whose a number is; `password_hash` is None for people who only use a provider."""

    id: UUID
    password_hash: str | None


async def proofs_of(connection: Connection, flow_id: bytes) -> Proofs | None:
    row = await connection.fetchrow(PROOFS, flow_id)
    return Proofs(row["phone"], row["email"], row["user_id"]) if row else None


async def account_of(connection: Connection, phone: str) -> Account | None:
    row = await connection.fetchrow(ACCOUNT_OF_PHONE, phone)
    return Account(row["id"], row["password_hash"]) if row else None


async def create_account(connection: Connection, proofs: Proofs, password_hash: str) -> UUID | None:
    """None when the phone or the e-mail has an account by now."""
    created: UUID | None = await connection.fetchval(
        CREATE, uuid7(), proofs.phone, proofs.email, password_hash
    )
    return created


async def spend_proofs(connection: Connection, flow_id: bytes, user_id: UUID) -> None:
    """They made or opened an account and prove nothing more."""
    await connection.execute(SPEND, flow_id, user_id)


async def adopt_email(connection: Connection, flow_id: bytes, phone: str) -> str | None:
    """The e-mail this person proved on another device, if this flow has none of its own."""
    adopted: str | None = await connection.fetchval(ADOPT, uuid7(), flow_id, phone)
    return adopted


async def drop_email(connection: Connection, flow_id: bytes) -> None:
    """The flow's address cannot be used; the person names another."""
    await connection.execute(DROP_EMAIL, flow_id)


async def drop_phone(connection: Connection, flow_id: bytes) -> None:
    """The flow's number is to be proved anew."""
    await connection.execute(DROP_PHONE, flow_id)
