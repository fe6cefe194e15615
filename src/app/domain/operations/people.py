"""People as an operator finds and sees them: by number, address or id. That somebody looked is on
record.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.identity.users import contacts_of
from app.domain.operations.trail import RecordedEvent, find_events
from app.domain.ports import Connection, Database, Record
from app.domain.sessions.session import LISTED, ListedSession
from app.domain.sessions.session import sql as sessions_sql
from app.domain.sql import load_queries
from app.domain.support.contact import ContactReports, Locks
from app.domain.support.messages import FoundMessage, find_messages

sql = load_queries(__file__, "people.sql")


@dataclass(frozen=True, slots=True)
class FoundPerson:
    id: UUID
    phone: str | None
    email: str | None
    created_at: datetime
    last_used_at: datetime  # to within a day

    @property
    def contacts(self) -> tuple[str, ...]:
        """The first is the one that wrong passwords are counted by."""
        return contacts_of({"email": self.email, "phone": self.phone})


@dataclass(frozen=True, slots=True)
class AccountState:
    """`phone_doubted_at`: since then the number alone opens nothing. `email_bounced_at`: mail came
    back, last at that time.
    """

    id: UUID
    phone: str | None
    email: str | None
    created_at: datetime
    last_used_at: datetime
    has_password: bool
    password_changed_at: datetime | None
    phone_doubted_at: datetime | None
    email_bounced_at: datetime | None
    email_bounces: int
    language: str
    zone: str


@dataclass(frozen=True, slots=True)
class WaitingChange:
    """`kind`: phone, email, or confirmation, which has no value."""

    kind: str
    value: str | None
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class ContactChange:
    kind: str
    old_value: str | None
    new_value: str
    changed_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    issuer: str
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PersonReport:
    """Events and messages have the oldest first, sessions the last used."""

    account: AccountState
    locks: dict[str, Locks]  # by contact
    sessions: tuple[ListedSession, ...]
    identities: tuple[LinkedIdentity, ...]
    waiting: tuple[WaitingChange, ...]
    changes: tuple[ContactChange, ...]
    events: tuple[RecordedEvent, ...]
    messages: tuple[FoundMessage, ...]


async def find_person(
    database: Database, named: UUID | str, *, is_recorded: bool = True
) -> FoundPerson | None:
    """By the id, a number in E.164 or a canonical address. `is_recorded`: not where what follows
    is.
    """
    async with database.transaction() as connection:
        found = await _find(connection, named)
        if found and is_recorded:
            await record_operator(connection, AuditEvent.PERSON_FOUND, found.id)
    return found


async def find_user_id(database: Database, contact: str) -> UUID | None:
    """Whose number or address it is."""
    found = await find_person(database, contact, is_recorded=False)
    return found.id if found else None


async def show_person(
    database: Database, reports: ContactReports, named: UUID | str, most: int
) -> PersonReport | None:
    """With the newest `most` events, and as many messages to each contact."""
    async with database.transaction() as connection:
        row = await connection.fetchrow(*sql.show_account(**_named(named)))
        if row is None:
            return None
        account = AccountState(**_columns(AccountState, row))
        contacts = contacts_of(row)
        locks = {
            contact: await reports.find_locks(connection, contact, account.email)
            for contact in contacts
        }
        messages = await find_messages(connection, [*contacts], most)
        report = await _report(connection, account, locks, messages, most)
        await record_operator(connection, AuditEvent.PERSON_SHOWN, account.id)
    return report


async def _find(connection: Connection, named: UUID | str) -> FoundPerson | None:
    row = await connection.fetchrow(*sql.find_person(**_named(named)))
    return FoundPerson(**_columns(FoundPerson, row)) if row else None


def _named(named: UUID | str) -> dict[str, UUID | str | None]:
    by_id = isinstance(named, UUID)
    return {"id": named if by_id else None, "contact": None if by_id else named}


async def _report(
    connection: Connection,
    account: AccountState,
    locks: dict[str, Locks],
    messages: tuple[FoundMessage, ...],
    most: int,
) -> PersonReport:
    sessions = await connection.fetch(*sessions_sql.list_sessions(user_id=account.id))
    identities = await connection.fetch(*sql.list_identities(id=account.id))
    waiting = await connection.fetch(*sql.list_waiting(id=account.id))
    changes = await connection.fetch(*sql.list_changes(id=account.id))
    return PersonReport(
        account=account,
        locks=locks,
        sessions=tuple(ListedSession(*(row[name] for name in LISTED)) for row in sessions),
        identities=tuple(LinkedIdentity(**_columns(LinkedIdentity, row)) for row in identities),
        waiting=tuple(WaitingChange(**_columns(WaitingChange, row)) for row in waiting),
        changes=tuple(ContactChange(**_columns(ContactChange, row)) for row in changes),
        events=(await find_events(connection, most=most, user_id=account.id)).events,
        messages=messages,
    )


def _columns(of: Any, row: Record) -> dict[str, Any]:
    return {name: row[name] for name in of.__dataclass_fields__}
