"""Changes by who has lost the phone: they wait for a day, in which the owner can stop them.

Whoever knows the password and reads the mailbox is not let through at once: both contacts are told,
and the phone that is said to be lost may lie on its owner's table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.account.changes import queue_change_notices, record_change
from app.domain.audit import AuditEvent, record
from app.domain.concurrency import attempt
from app.domain.delivery.notices import find_contacts, queue_notice, queue_notice_to
from app.domain.errors import Unauthenticated
from app.domain.identity.users import Kind, LockedContacts, is_taken, lock_contacts, replace_contact
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, NotUnique
from app.domain.rollback import queue_stop_notices, stopped
from app.domain.sessions.factors import Factor
from app.domain.sessions.session import ConfirmationNeeded, lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.sql import load_queries

sql = load_queries(__file__, "delayed_changes.sql")

DELAY = timedelta(hours=24)
USABLE = timedelta(days=7)  # how long a request to confirm without the phone counts once it is due
APPLIED_EVERY = 5.0  # seconds between two looks for what is due
MOST = 50  # at one look


@dataclass(frozen=True, slots=True)
class DelayedChange:
    """A change that waits, or a request to confirm without the phone, which has no value."""

    id: UUID
    kind: Kind | Literal["confirmation"]
    value: str
    due_at: datetime
    is_due: bool

    @property
    def ends_at(self) -> datetime:
        """Of a request: the last moment."""
        return self.due_at + USABLE


async def is_change_delayed(connection: Connection, user_id: UUID, kind: Kind, value: str) -> bool:
    """Whether the account gets this value only when its day has come."""
    delayed = sql.is_change_delayed(user_id=user_id, kind=kind, value=value)
    return bool(await connection.fetchval(*delayed))


async def delay_change(
    connection: Connection, contacts: LockedContacts, kind: Kind, value: str, origin: Origin
) -> None:
    """In the transaction that proved the new value and holds the person. Both contacts are told."""
    due_at = await connection.fetchval(
        *sql.delay_change(
            id=uuid7(),
            user_id=contacts.user_id,
            kind=kind,
            value=value,
            network=origin.network,
            delay=DELAY,
        )
    )
    event, due = AuditEvent(f"account:{kind}_change_delayed"), due_at.isoformat()
    await record(connection, event, user_id=contacts.user_id, network=origin.network)
    await queue_notice(connection, "change_delayed", contacts.user_id, origin, what=kind, due=due)
    await text_of_delay(connection, contacts.user_id, origin)


async def text_of_delay(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """To all numbers, and to the account's own with what stops it there."""
    own = (await lock_contacts(connection, user_id)).phone
    by_mailbox = await connection.fetchval(*sql.is_by_mailbox(user_id=user_id))
    rows = await connection.fetch(*sql.list_taken_off(user_id=user_id))
    taken_off = {row["new_value"] for row in rows}
    for number in taken_off.union(await find_contacts(connection, "phone", user_id)):
        stops = by_mailbox and number == own
        template = "change_delayed_by_mailbox_text" if stops else "change_delayed_text"
        await queue_notice_to(connection, "sms", template, number, user_id, origin)


class DelayedChanges:
    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database, self._sessions = database, sessions

    async def list_changes(self, user_id: UUID) -> list[DelayedChange]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_waiting(user_id=user_id, usable=USABLE))
        return [
            DelayedChange(**{name: row[name] for name in DelayedChange.__slots__}) for row in rows
        ]

    async def stop_change(self, access: Access, change_id: UUID, origin: Origin) -> bool:
        """Whether there was one. Takes a proof that is not the phone, as it may be in the hands of
        who found it, unless the mailbox has set the password. Raises `ConfirmationNeeded`.
        """
        if not await self.may_stop(access):
            raise ConfirmationNeeded
        async with self._database.transaction() as connection:
            await lock_contacts(connection, access.user_id)
            await lock_session(connection, access)
            kind = await connection.fetchval(
                *sql.stop_waiting(user_id=access.user_id, id=change_id)
            )
            if kind:
                event, network = stopped(kind), origin.network
                await record(connection, event, user_id=access.user_id, network=network)
                await queue_stop_notices(connection, access.user_id, origin)
        return kind is not None

    async def may_stop(self, access: Access) -> bool:
        """What confirms a session that was opened by phone is never the phone. Where it is mailbox
        against phone, the phone stops what the mailbox may have asked for.
        """
        if await self._sessions.find_opening_factor(access) is not Factor.PHONE:
            return True
        if await self._sessions.is_fresh(access):
            return True
        async with self._database.connection() as connection:
            by_mailbox: bool = await connection.fetchval(*sql.is_by_mailbox(user_id=access.user_id))
        return by_mailbox

    async def apply_due_changes(self) -> int:
        """How many were due. However many processes look at once, each is applied once."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_due(most=MOST))
        for row in rows:
            # Each by itself: one that crashes keeps nobody else's waiting.
            await attempt("a delayed change", partial(self._apply_one, row["user_id"], row["id"]))
        return len(rows)

    async def _apply_one(self, user_id: UUID, change_id: UUID) -> None:
        try:
            async with self._database.transaction() as connection:
                await self._apply(connection, user_id, change_id)
        except NotUnique:  # another account got it at this very moment: it is seen as taken
            return
        except Unauthenticated:  # the account was deleted a moment ago, and this with it
            return

    async def _apply(self, connection: Connection, user_id: UUID, change_id: UUID) -> None:
        """As if it were asked for now; what is someone else's by now is left alone."""
        contacts = await lock_contacts(connection, user_id)
        row = await connection.fetchrow(*sql.take_due(id=change_id))
        if row is None or contacts.value(row["kind"]) == row["value"]:
            return
        kind, value, origin = row["kind"], row["value"], Origin("", row["network"])
        if await is_taken(connection, kind, value):
            event = AuditEvent(f"account:{kind}_change_refused")
            await record(connection, event, user_id=user_id, network=origin.network)
            return
        await replace_contact(connection, contacts, kind, value)
        await self._sessions.end_opened_with(connection, user_id, Factor(kind), origin)
        await connection.execute(*sql.drop_request(user_id=user_id))
        added = await record_change(connection, contacts, kind, value)
        event = AuditEvent(f"account:{kind}_changed")
        await record(connection, event, user_id=user_id, network=origin.network)
        await queue_change_notices(connection, contacts, kind, value, added, origin)
