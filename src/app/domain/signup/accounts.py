"""What the end of a sign-up writes: the account, once, whoever else finishes at the same moment."""

from dataclasses import dataclass
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.errors import Conflict, OutOfStep
from app.domain.ports import Connection
from app.domain.signup.drafts import IDENTITY, IN_PROGRESS, STILL_PROVES

# An account that is being deleted is waited for: it is nobody's then.
ACCOUNT_OF_PHONE = "SELECT id, password_hash FROM users WHERE phone = $1 FOR KEY SHARE"

# Locked, so that two posts of one flow finish one after the other. Old ones prove nothing.
PROOFS = f"""
SELECT p.phone, p.user_id, e.email, i.id IS NOT NULL AS has_identity
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
{IDENTITY}
WHERE p.consumed_at IS NOT NULL AND e.consumed_at IS NOT NULL AND {IN_PROGRESS}
"""

CREATE = """
INSERT INTO users (id, phone, email, password_hash, password_changed_at)
VALUES ($1, $2, $3, $4, CASE WHEN $4::text IS NOT NULL THEN clock_timestamp() END)
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

# Only who proved the number just now, and since it is the account's, is let into that.
ACCOUNT_PROVED_NOW = """
SELECT u.id, u.password_hash
FROM (
  SELECT * FROM phone_verifications
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL
  ORDER BY created_at DESC LIMIT 1 FOR UPDATE
) p
JOIN users u ON u.phone = p.phone AND u.created_at < p.consumed_at
WHERE p.user_id IS NULL AND p.consumed_at > clock_timestamp() - interval '10 minutes'
FOR KEY SHARE OF u
"""

# A provider's word for an address nobody has is as good as a code of ours.
VOUCH_FOR_EMAIL = """
WITH free AS (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM users WHERE email = $4)),
earlier AS (
  UPDATE email_verifications SET ended_at = clock_timestamp()
  WHERE flow_id = $2 AND purpose = 'signup' AND ended_at IS NULL AND EXISTS (SELECT 1 FROM free)
)
INSERT INTO email_verifications (id, flow_id, purpose, nonce, email, expires_at, consumed_at)
SELECT $1, $2, 'signup', $3, $4, clock_timestamp(), clock_timestamp() FROM free
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
    """Both contacts as this flow proved them, and whether an identity waits with them; `user_id`
    when they already made an account.
    """

    phone: str
    email: str
    user_id: UUID | None
    has_identity: bool


@dataclass(frozen=True, slots=True)
class Account:
    """Whose a number is; `password_hash` is None for people who only use a provider."""

    id: UUID
    password_hash: str | None


async def proofs_of(connection: Connection, flow_id: bytes) -> Proofs | None:
    row = await connection.fetchrow(PROOFS, flow_id)
    if row is None:
        return None
    return Proofs(row["phone"], row["email"], row["user_id"], row["has_identity"])


async def account_of(connection: Connection, phone: str) -> Account | None:
    row = await connection.fetchrow(ACCOUNT_OF_PHONE, phone)
    return Account(row["id"], row["password_hash"]) if row else None


async def account_proved_now(connection: Connection, flow_id: bytes) -> Account | None:
    """Whose the number is that this flow has proved in the last ten minutes."""
    row = await connection.fetchrow(ACCOUNT_PROVED_NOW, flow_id)
    return Account(row["id"], row["password_hash"]) if row else None


async def vouch_for_email(connection: Connection, flow_id: bytes, email: str, nonce: bytes) -> None:
    """The flow has proved the address, unless it is somebody's: that is not told here."""
    await connection.execute(VOUCH_FOR_EMAIL, uuid7(), flow_id, nonce, email)


async def create_account(
    connection: Connection, proofs: Proofs, password_hash: str | None
) -> UUID | None:
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
