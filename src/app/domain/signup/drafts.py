"""Sign-ups in progress: kept in the short memory, rebuilt from PostgreSQL when that forgot them."""

from contextlib import suppress
from datetime import timedelta

import msgspec

from app.domain.errors import Unavailable
from app.domain.federation.proofs import WAITING
from app.domain.identity.phone import Phone
from app.domain.ports import Connection, Database, Record, ShortMemory
from app.domain.signup.renewal import move_all
from app.domain.signup.signup import Contact, Elsewhere, Signup
from app.domain.verification.channel import PHONE
from app.domain.verification.renewal import moved

# After the last step. WCAG 2.2.1: from here on a time limit needs no warning.
LIFETIME = timedelta(hours=20)
LAST_STEP = "greatest(p.created_at, p.consumed_at, e.created_at, e.consumed_at, i.created_at)"
IN_PROGRESS = f"{LAST_STEP} > clock_timestamp() - interval '20 hours'"
# Numbers and addresses change hands. After its code there are three steps more, of 20 hours each.
STILL_PROVES = "coalesce(consumed_at, created_at) > clock_timestamp() - interval '3 days'"

# The identity that waits in the flow, unless it got an account in another one.
IDENTITY = f"""
LEFT JOIN LATERAL (
  SELECT * FROM identity_proofs w WHERE flow_id = $1 AND {WAITING} AND NOT EXISTS (
    SELECT 1 FROM identities WHERE issuer = w.issuer AND subject = w.subject
  )
  LIMIT 1
) i ON true
"""

# The newest phone and e-mail the flow asked about; a restarted flow ended all of its own.
REBUILD = f"""
SELECT p.phone, p.consumed_at IS NOT NULL AS phone_proved, p.user_id,
       e.email, e.consumed_at IS NOT NULL AS email_proved,
       i.issuer, i.subject, i.email AS told_email, i.email_verified, i.created_at AS told_at,
       u.id AS account,
       {LAST_STEP} + $2 - clock_timestamp() AS lives_on
FROM (SELECT 1) one
LEFT JOIN LATERAL (
  SELECT * FROM phone_verifications
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND {STILL_PROVES}
  ORDER BY created_at DESC LIMIT 1
) p ON true
LEFT JOIN LATERAL (
  SELECT * FROM email_verifications
  WHERE flow_id = $1 AND purpose = 'signup' AND ended_at IS NULL AND {STILL_PROVES}
  ORDER BY created_at DESC LIMIT 1
) e ON true
{IDENTITY}
LEFT JOIN users u
  ON u.phone = p.phone AND p.consumed_at IS NOT NULL AND p.user_id IS NULL AND i.id IS NOT NULL
WHERE {IN_PROGRESS} AND (p.id IS NOT NULL OR i.id IS NOT NULL)
"""


class Drafts:
    def __init__(self, database: Database, memory: ShortMemory) -> None:
        self._database, self._memory = database, memory

    async def load(self, flow_id: bytes) -> Signup:
        """The sign-up of this flow; an empty one when nothing is known of it."""
        kept = None
        with suppress(Unavailable):
            kept = await self._memory.get(_key(flow_id))
        return msgspec.json.decode(kept, type=Signup) if kept else await self.rebuild(flow_id)

    async def rebuild(self, flow_id: bytes) -> Signup:
        """From what is committed, which is the truth. Contacts look as they are usually written."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(REBUILD, flow_id, LIFETIME)
            went = None if row else await moved(connection, PHONE, flow_id, "signup")
        if went:
            return Signup(flow_id, _phone(went[0], proved=False), moved_to=went[1])
        signup = _rebuilt(flow_id, row) if row else Signup(flow_id)
        if row:
            await self.save(signup, row["lives_on"])
        return signup

    async def save(self, signup: Signup, lifetime: timedelta = LIFETIME) -> Signup:
        """Returns it. A silent memory costs only a rebuild later."""
        with suppress(Unavailable):
            await self._memory.put(_key(signup.id), msgspec.json.encode(signup), lifetime)
        return signup

    async def move(self, connection: Connection, flow_id: bytes, became: bytes) -> None:
        """In the transaction of a proof that is not one of its number: it goes on as `became`. The
        caller has it forgotten afterwards.
        """
        await move_all(connection, flow_id, became)

    async def forget(self, flow_id: bytes) -> None:
        with suppress(Unavailable):
            await self._memory.take(_key(flow_id))


def _key(flow_id: bytes) -> str:
    return f"signup:{flow_id.hex()}"


def _rebuilt(flow_id: bytes, row: Record) -> Signup:
    told = (row["told_email"], row["email_verified"], row["told_at"])
    return Signup(
        flow_id,
        _phone(row["phone"], proved=row["phone_proved"]) if row["phone"] else None,
        Contact(row["email"], row["email"], "", row["email_proved"]) if row["email"] else None,
        row["user_id"],
        identity=Elsewhere(row["issuer"], row["subject"], *told) if row["issuer"] else None,
        account=row["account"],
    )


def _phone(e164: str, *, proved: bool) -> Contact:
    phone = Phone.known(e164)
    return Contact(e164, phone.spoken, phone.region, proved)
