"""People with an account: their number and address, held while they change, and how often."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Literal
from uuid import UUID

from app.domain.audit import AuditEvent
from app.domain.errors import TooMany, Unauthenticated, Unavailable
from app.domain.i18n import _
from app.domain.identity.phone import Phone
from app.domain.keys import Signer
from app.domain.limit_refusals import name_limit
from app.domain.limits import Limit, LimitTable
from app.domain.ports import Connection, Database, Record, ShortMemory
from app.domain.sql import load_queries

sql = load_queries(__file__, "users.sql")


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    phone: str | None  # None once it was given up for someone else's account
    email: str | None  # None once it was taken back; never both of them
    password_changed_at: datetime | None
    password_by_mail: bool  # a code by mail set it, or the one it was changed from
    # When it counts beside the mailbox; None where it does already.
    password_counts_from: datetime | None
    device_epoch: int
    created_at: datetime
    has_identity: bool  # of a provider, which opens it too
    language: str | None = None
    email_bounced_at: datetime | None = None  # since it was last proved
    plan: str = ""  # what `Choice.read` reads

    @property
    def formatted_phone(self) -> str:
        """As people of all countries write it: +46 70 174 06 05; '' for none."""
        return Phone.from_e164(self.phone).formatted if self.phone else ""

    @property
    def phone_end(self) -> str:
        """As much of it as is shown to who knows it; '' for none."""
        return (self.phone or "")[-3:]

    @property
    def contacts(self) -> tuple[str, ...]:
        """The first one is what wrong passwords are counted by."""
        return tuple(contact for contact in (self.email, self.phone) if contact)


def contacts_of(row: Record) -> tuple[str, ...]:
    """Of an account: its address and its number, as far as it has them."""
    return tuple(contact for contact in (row["email"], row["phone"]) if contact)


class People:
    def __init__(self, database: Database, memory: ShortMemory, limits: LimitTable) -> None:
        self._database, self._memory = database, memory
        self._languages = limits.languages_per_account

    async def find_person(self, user_id: UUID) -> Person | None:
        async with self._database.connection() as connection:
            found = await find_person(connection, user_id)
        return found[0] if found else None

    async def remember_language(self, user_id: UUID, session_id: UUID, code: str) -> None:
        """What someone chose in a session, for what the account is told; not in one of today, nor
        very often.
        """
        tally = self._languages.tally(f"languages:{user_id}")
        with suppress(Unavailable):  # without a limit for as long
            if (await self._memory.count([tally], token_hex(8))).reached:
                return
        ids = {"user_id": user_id, "session_id": session_id}
        async with self._database.connection() as connection:
            await connection.execute(*sql.set_language(**ids, language=code))


async def find_person(
    connection: Connection, user_id: UUID, session_id: UUID | None = None
) -> tuple[Person, int | None] | None:
    """And the newest generation of their session that was seen in use; None where it has ended."""
    row = await connection.fetchrow(*sql.find_person(user_id=user_id, session_id=session_id))
    if row is None:
        return None
    person = Person(**{name: row[name] for name in Person.__dataclass_fields__})
    return person, row["seen_generation"]


# What wrong codes and passwords are counted by, whether or not anybody has an account.

SUBJECT = 16  # bytes; there were 32 of those without a key: see `cleanup.py`


class Subjects:
    """Keyed digests of numbers and addresses, so that nobody who reads the tables finds one by
    trying all there are. `keys` are those of `SecretKeys.derive_oldest("subjects")`: when a new
    secret comes, what was wrong still counts.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._signer = Signer(keys)

    def of(self, counted: str) -> bytes:
        """A number in E.164, a canonical address, or the name of what else is counted."""
        return self._signer.sign(counted.encode())[:SUBJECT]


# The number and the address of an account: held while they change, and replaced.

Kind = Literal["phone", "email"]  # the column of `users`, too

IS_TAKEN = {"phone": sql.is_phone_taken, "email": sql.is_email_taken}
SET = {"phone": sql.set_phone, "email": sql.set_email}
END_CODES = {"phone": sql.end_phone_codes, "email": sql.end_email_codes}


@dataclass(frozen=True, slots=True)
class LockedContacts:
    """The contacts of an account, which nobody else can change before the transaction ends."""

    user_id: UUID
    phone: str | None
    email: str | None
    phone_doubted_at: datetime | None

    def value(self, kind: Kind) -> str | None:
        return self.phone if kind == "phone" else self.email


async def lock_contacts(connection: Connection, user_id: UUID) -> LockedContacts:
    """Before anything else of the account is locked. Raises `Unauthenticated`."""
    row = await connection.fetchrow(*sql.lock_contacts(user_id=user_id))
    if row is None:
        raise Unauthenticated  # the account was deleted a moment ago
    return LockedContacts(user_id, row["phone"], row["email"], row["phone_doubted_at"])


async def is_taken(connection: Connection, kind: Kind, value: str) -> bool:
    taken: bool = await connection.fetchval(*IS_TAKEN[kind](value=value))
    return taken


async def replace_contact(
    connection: Connection,
    contacts: LockedContacts,
    kind: Kind,
    value: str,
    doubted_at: datetime | None = None,
) -> None:
    """`doubted_at`: of a number that was in doubt when it was last here. Raises `NotUnique` when
    another account gets it at this very moment.
    """
    if kind == "phone":
        # First: a sign-up that finishes now holds its proof while it waits for the number.
        await connection.execute(*sql.forget_phone_proofs(phone=value))
        await doubt_phone(connection, contacts.user_id, doubted_at)
    await connection.execute(*END_CODES[kind](value=contacts.value(kind)))
    await connection.execute(*SET[kind](user_id=contacts.user_id, value=value))


async def end_recoveries(connection: Connection, email: str, but: UUID | None = None) -> None:
    """With a new password, in the transaction that has locked the person: whoever has asked for a
    recovery before, and maybe proved the address, does not change it again by that.
    """
    await connection.execute(*sql.end_recoveries(email=email, but=but))


async def give_up(connection: Connection, contacts: LockedContacts, kind: Kind) -> None:
    """The account has no such contact any more, and the contact no account. Not for its last one,
    which the database refuses.
    """
    await connection.execute(*END_CODES[kind](value=contacts.value(kind)))
    await connection.execute(*SET[kind](user_id=contacts.user_id, value=None))
    if kind == "phone":
        await doubt_phone(connection, contacts.user_id, None)


async def doubt_phone(connection: Connection, user_id: UUID, since: datetime | None) -> None:
    """Whether the account's number alone opens it: not while it is in doubt."""
    await connection.execute(*sql.set_phone_doubt(user_id=user_id, since=since))


# How often an account may be changed: each change mails and texts someone, whom nothing silences.
#
# Counted in the audit trail, in the transaction of the change, so no lost memory starts afresh.

# Neither a recovery nor an undo is one: an intruder's changes must not keep the owner from them.
DIRECT = (
    AuditEvent.ACCOUNT_PHONE_CHANGED,
    AuditEvent.ACCOUNT_EMAIL_CHANGED,
    AuditEvent.IDENTITY_LINKED,
    AuditEvent.IDENTITY_REMOVED,
)
DELAYED = (
    AuditEvent.ACCOUNT_PHONE_CHANGE_DELAYED,
    AuditEvent.ACCOUNT_EMAIL_CHANGE_DELAYED,
    AuditEvent.ACCOUNT_CONFIRMATION_REQUESTED,
)
PASSWORD = (AuditEvent.ACCOUNT_PASSWORD_CHANGED,)


class TooManyChanges(TooMany):
    code = "too_many_changes"
    message = _("That’s as many changes as we allow in a day. Try again tomorrow.")


async def require_room_for_change(
    connection: Connection, user_id: UUID, limits: LimitTable
) -> None:
    """To be called when the person's row is locked, so that two at once are counted one after the
    other. Raises `TooManyChanges`.
    """
    await _require_room(connection, user_id, "changes_per_account", limits, DIRECT)


async def require_room_for_delayed(
    connection: Connection, user_id: UUID, limits: LimitTable
) -> None:
    """The same for what waits."""
    await _require_room(connection, user_id, "delayed_changes_per_account", limits, DELAYED)


async def require_room_for_password(
    connection: Connection, user_id: UUID, limits: LimitTable
) -> None:
    """The same for a new password."""
    await _require_room(connection, user_id, "password_changes_per_account", limits, PASSWORD)


async def _require_room(
    connection: Connection, user_id: UUID, name: str, limits: LimitTable, events: tuple[str, ...]
) -> None:
    limit: Limit = getattr(limits, name)
    for seconds, most in limit.windows:
        changes = sql.count_changes(user_id=user_id, seconds=float(seconds), events=list(events))
        if await connection.fetchval(*changes) >= most:
            raise name_limit(TooManyChanges(), name)
