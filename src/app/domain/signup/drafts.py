"""Sign-ups in progress: kept in the short memory, rebuilt from PostgreSQL, moved to another id."""

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import msgspec
from msgspec.structs import replace
from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request
from app.domain.errors import Unavailable
from app.domain.identity.phone import Phone
from app.domain.limits import Origin
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Database, Record, ShortMemory
from app.domain.signup.signup import Contact, PendingIdentity, Signup, Step
from app.domain.sql import load_queries
from app.domain.verification.codes import PHONE
from app.domain.verification.verification import find_rotated_flow

sql = load_queries(__file__, "drafts.sql")

# A sign-up goes on under another id once its number is proved: the old one is dead.
#
# Whoever knew the flow cookie before, by having planted it or used the browser earlier, is left
# out.


async def rotate_flow(
    connection: Connection, flow_id: bytes, new_flow_id: bytes, proof: UUID, origin: Origin
) -> str | None:
    """In the transaction that consumed `proof`, the number's: what the flow has come to is that of
    `new_flow_id`. Returns the e-mail that this person proved on another device within the last ten
    minutes, if nobody has the number and the flow has none of its own.
    """
    adopted: str | None = await connection.fetchval(
        *sql.rotate_flow(
            flow_id=flow_id,
            new_flow_id=new_flow_id,
            proof=proof,
            adopted_id=uuid7(),
            network=origin.network,
            request_id=current_request.get() or None,
        )
    )
    EVENTS.add(AuditEvent.SIGNUP_PHONE_PROVED)
    return adopted


async def rotate_contacts(connection: Connection, flow_id: bytes, new_flow_id: bytes) -> None:
    """In the transaction of a proof that is not one of the number."""
    await connection.execute(*sql.rotate_contacts(flow_id=flow_id, new_flow_id=new_flow_id))


async def rotate_all(connection: Connection, flow_id: bytes, new_flow_id: bytes) -> None:
    """The same with the identity that waits."""
    await rotate_contacts(connection, flow_id, new_flow_id)
    await connection.execute(*sql.rotate_identity(flow_id=flow_id, new_flow_id=new_flow_id))


# After the last step. WCAG 2.2.1: from here on a time limit needs no warning.
LIFETIME = timedelta(hours=20)


class Drafts:
    def __init__(self, database: Database, memory: ShortMemory) -> None:
        self._database, self._memory = database, memory

    async def load_draft(self, flow_id: bytes, asked_for: Step | None = None) -> Signup:
        """The sign-up of this flow; an empty one when nothing is known of it. Nobody who has
        `asked_for` a later step is sent back by what is kept: it is older than what is committed
        where Redis was silent when the newer was to be kept, or lost that in a failover.
        """
        kept = None
        with suppress(Unavailable):
            kept = await self._memory.get(_key(flow_id))
        signup = msgspec.json.decode(kept, type=Signup) if kept else None
        if signup is None or (asked_for and signup.comes_before(asked_for)):
            return await self.rebuild_draft(flow_id)
        return signup

    async def rebuild_draft(self, flow_id: bytes) -> Signup:
        """From what is committed, which is the truth. Contacts look as they are usually written."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*sql.rebuild_draft(flow_id=flow_id, lifetime=LIFETIME))
            went = None if row else await find_rotated_flow(connection, PHONE, flow_id, "signup")
        if went:
            return Signup(flow_id, _phone(went[0], proved=False), moved_to=went[1])
        signup = _draft_from_row(flow_id, row) if row else Signup(flow_id)
        if row:
            await self.save_draft(signup, row["lives_on"])
        return signup

    async def save_draft(self, signup: Signup, lifetime: timedelta = LIFETIME) -> Signup:
        """Returns it. A silent memory costs only a rebuild later."""
        with suppress(Unavailable):
            await self._memory.put(_key(signup.id), msgspec.json.encode(signup), lifetime)
        return signup

    async def rotate_draft(
        self, connection: Connection, flow_id: bytes, new_flow_id: bytes
    ) -> None:
        """In the transaction of a proof that is not one of its number: it goes on as `new_flow_id`.
        The caller has it forgotten afterwards.
        """
        await rotate_all(connection, flow_id, new_flow_id)

    async def forget_draft(self, flow_id: bytes) -> None:
        with suppress(Unavailable):
            await self._memory.take(_key(flow_id))


def _key(flow_id: bytes) -> str:
    return f"signup:{flow_id.hex()}"


def _draft_from_row(flow_id: bytes, row: Record) -> Signup:
    provider_values = (row["told_email"], row["email_verified"], row["told_at"])
    phone = _phone(row["phone"], proved=row["phone_proved"]) if row["phone"] else None
    if phone and row["phone_kept"]:
        phone = replace(phone, kept=True, text_after=row["text_after"])
    return Signup(
        flow_id,
        phone,
        Contact(row["email"], row["email"], "", row["email_proved"]) if row["email"] else None,
        row["user_id"],
        identity=PendingIdentity(row["issuer"], row["subject"], *provider_values)
        if row["issuer"]
        else None,
        account=row["account"],
        dormant=row["dormant"],
        email_first=row["email_first"] and not row["phone_proved"],
    )


def _phone(e164: str, *, proved: bool) -> Contact:
    phone = Phone.from_e164(e164)
    return Contact(e164, phone.formatted, phone.region, proved)
