"""What is held about a person: all of it to take along, and the end of it with the account."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.audit import AuditEvent, forget_places, record
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.notices import drop_device_summary, queue_notice, queue_text_notice
from app.domain.errors import Conflict
from app.domain.i18n import N_, _
from app.domain.identity.users import Kind, Person, lock_contacts
from app.domain.limits import Origin
from app.domain.moments import Moment, day_there
from app.domain.ports import Connection, Database
from app.domain.sessions.session import lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.sql import load_queries

sql = load_queries(__file__, "personal_data.sql")

# What is left of a deleted account's number and address, once its last notice has gone out: limits
# still count what was sent there and guessed, under a pseudonym.

FORGOTTEN_EVERY = 10.0  # seconds


async def remember_contacts(connection: Connection, user_id: object) -> None:
    """They are to be forgotten; in the transaction of the deletion, as the last thing in it that
    the account is needed for.
    """
    await connection.execute(*sql.remember_contacts(user_id=user_id))


class Erasure:
    def __init__(self, database: Database, pseudonyms: Pseudonyms) -> None:
        self._database, self._pseudonyms = database, pseudonyms

    async def forget_all(self) -> None:
        while await self.erase_next_contact():
            pass

    async def erase_next_contact(self) -> bool:
        """Whether there was one."""
        async with self._database.transaction() as connection:
            taken = await connection.fetchrow(*sql.take_deleted_contact())
            if taken is None:
                return False
            contact, until = taken["contact"], taken["deleted_at"]
            forget = sql.forget_email_codes if "@" in contact else sql.forget_phone_codes
            pseudonym = self._pseudonyms.make_pseudonym(contact)
            await connection.execute(*forget(contact=contact, pseudonym=pseudonym, until=until))
            await self._forget_sent(connection, contact, until)
        return True

    async def _forget_sent(self, connection: Connection, contact: str, until: object) -> None:
        rows = await connection.fetch(*sql.list_sent(contact=contact, until=until))
        of = self._pseudonyms.make_pseudonym
        await connection.execute(
            *sql.forget_sent(
                pseudonym=of(contact),
                ids=[row["id"] for row in rows],
                blocks=[of(row["block"]) if row["block"] else None for row in rows],
                addresses=[of(row["address"]) for row in rows],
                networks=[of(row["network"]) for row in rows],
            )
        )


# By what was changed, and whether someone has begun to undo it.
WAITS: dict[tuple[Kind, bool], str] = {
    ("phone", True): N_(
        "You can delete your account %(when)s, because someone has begun to undo a change to your"
        " phone number."
    ),
    ("phone", False): N_(
        "You can delete your account %(when)s, because your phone number was changed on"
        " %(changed)s."
    ),
    ("email", True): N_(
        "You can delete your account %(when)s, because someone has begun to undo a change to your"
        " e-mail address."
    ),
    ("email", False): N_(
        "You can delete your account %(when)s, because your e-mail address was changed on"
        " %(changed)s."
    ),
}


DELETED = "account deleted"  # why its sessions end


class DeletionWaits(Conflict):
    """Who changed a contact may be a thief: the owner's link to undo that needs the account."""

    code = "deletion_waits"

    def __init__(self, kind: Kind, changed_at: datetime, until: datetime, *, begun: bool) -> None:
        super().__init__(_(WAITS[kind, begun], when=Moment(until), changed=day_there(changed_at)))


class AccountDeletion:
    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database, self._sessions = database, sessions

    async def waits(self, person: Person) -> DeletionWaits | None:
        """Why it would be refused, if it would."""
        async with self._database.connection() as connection:
            return await find_wait(connection, person.id)

    async def delete_account(self, access: Access, person: Person, origin: Origin) -> None:
        """The same twice is the same once. Raises `DeletionWaits`, and `Unauthenticated` when the
        account is gone, or the session has ended.
        """
        async with self._database.transaction() as connection:
            # Whoever signs in at this moment is done before, or waits and finds nobody.
            await lock_contacts(connection, person.id)
            await lock_session(connection, access)
            if waits := await find_wait(connection, person.id):
                raise waits
            await self._sessions.end_all_sessions(connection, person.id, DELETED, origin)
            await record(connection, AuditEvent.ACCOUNT_DELETED, user_id=person.id)
            await erase_account(connection, person.id, origin)


async def erase_account(connection: Connection, user_id: UUID, origin: Origin) -> None:
    """In a transaction that has locked the person, ended their sessions and put it on record."""
    await drop_device_summary(connection, user_id)
    await queue_notice(connection, "account_deleted", user_id, origin)
    await queue_text_notice(connection, "account_deleted_text", user_id, origin)
    await connection.execute(*sql.end_phone_proofs(user_id=user_id))
    await connection.execute(*sql.end_email_proofs(user_id=user_id))
    # The trail stays; where the person was does not.
    await forget_places(connection, user_id)
    await remember_contacts(connection, user_id)
    await connection.execute(*sql.delete_identity_proofs(user_id=user_id))
    await connection.execute(*sql.delete_account(user_id=user_id))


async def find_wait(connection: Connection, user_id: UUID) -> DeletionWaits | None:
    """Why the account cannot be deleted yet, if it cannot."""
    row = await connection.fetchrow(*sql.find_undoable(user_id=user_id))
    if row is None:
        return None
    return DeletionWaits(row["kind"], row["changed_at"], row["until"], begun=row["begun"])


# Everything that is held about a person, for them to take along. No secret is part of it.

# What each part is called, and what reads it.
PARTS = {
    "account": sql.export_account,
    "former_passwords": sql.export_former_passwords,
    "identities": sql.export_identities,
    "former_identities": sql.export_former_identities,
    "plan": sql.export_plan,
    "identity_proofs": sql.export_identity_proofs,
    "contact_changes": sql.export_contact_changes,
    "delayed_changes": sql.export_delayed_changes,
    "confirmation_requests": sql.export_confirmation_requests,
    "sessions": sql.export_sessions,
    "phone_codes": sql.export_phone_codes,
    "email_codes": sql.export_email_codes,
    "messages": sql.export_messages,
    "events": sql.export_events,
    "service_events": sql.export_service_events,
}


class PersonalData:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def download_data(self, user_id: UUID, origin: Origin) -> dict[str, list[dict[str, Any]]]:
        """As `export_data`, for its owner. That somebody took it is on record, and part of it."""
        async with self._database.transaction() as connection:
            event, network = AuditEvent.ACCOUNT_EXPORTED, origin.network
            await record(connection, event, user_id=user_id, network=network)
        return await self.export_data(user_id)

    async def export_data(self, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
        """One list of rows for each part, ready for JSON; times are ISO 8601 in UTC."""
        async with self._database.connection() as connection:
            return {
                name: [_plain(row) for row in await connection.fetch(*query(user_id=user_id))]
                for name, query in PARTS.items()
            }


def _plain(row: Any) -> dict[str, Any]:
    pairs: Mapping[str, Any] = dict(row)
    return {name: _value(name, value) for name, value in pairs.items()}


def _value(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if name in ("details", "steps"):
        return json.loads(value)
    return str(value) if isinstance(value, UUID) else value
