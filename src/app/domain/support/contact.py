"""All that is known of why a code did or did not reach a number or address."""

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.credentials.budget import sql as budget_sql
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.identity.users import Subjects
from app.domain.limits import LimitTable
from app.domain.ports import Connection, Database, Record
from app.domain.support.messages import FoundMessage, find_messages, sql
from app.domain.verification.checking import most_wrong
from app.domain.verification.codes import EMAIL, MOST_IN_A_ROW, PHONE
from app.domain.verification.refused_sends import MOST, PASSED_OVER
from app.domain.verification.refused_sends import sql as refused_sql


@dataclass(frozen=True, slots=True)
class Account:
    """Whose contact it is. `bounced_at`: mail to its address came back, last at that time."""

    id: UUID
    created_at: datetime
    last_used_at: datetime | None
    bounced_at: datetime | None
    bounces: int


@dataclass(frozen=True, slots=True)
class RefusedSend:
    """A limit said no to a code, the first time in that hour."""

    at: datetime
    refusal: str
    limit: str
    purpose: str

    @property
    def is_unsent(self) -> bool:
        """Whether it was not sent in another way either."""
        return self.refusal != PASSED_OVER


@dataclass(frozen=True, slots=True)
class Locks:
    """Waits in seconds, for devices that the owner has not signed in from; 0 for none."""

    wrong_in_a_row: int
    code_wait: int
    password_wait: int

    @property
    def any(self) -> bool:
        return bool(self.code_wait or self.password_wait)


@dataclass(frozen=True, slots=True)
class ContactReport:
    """`contact` is a number in E.164 or a canonical address. What is in lists has the oldest first.
    `full_hours`: more was refused in them than is kept, so some may be missing. `now` is the
    database's.
    """

    contact: str
    account: Account | None
    messages: tuple[FoundMessage, ...]
    refused: tuple[RefusedSend, ...]
    full_hours: tuple[datetime, ...]
    locks: Locks
    now: datetime

    @property
    def codes(self) -> tuple[FoundMessage, ...]:
        return tuple(message for message in self.messages if not message.is_notice)

    @property
    def was_deleted(self) -> bool:
        """Whether an account that had it was deleted while these were kept."""
        return any(message.destination != self.contact for message in self.messages)

    @property
    def opted_out_at(self) -> datetime | None:
        """When a text was last refused as the person had replied STOP, if none arrived since."""
        for message in reversed(self.messages):
            if message.reason == "opted_out":
                return message.updated_at
            if message.state == "delivered":
                return None
        return None


class ContactReports:
    def __init__(
        self,
        database: Database,
        subjects: Subjects,
        pseudonyms: Pseudonyms,
        table: LimitTable,
    ) -> None:
        self._database, self._table = database, table
        self._subjects, self._pseudonyms = subjects, pseudonyms

    async def find(self, contact: str, most: int) -> ContactReport:
        """With the newest `most` messages. That somebody looked is on record."""
        names, subject = self._pseudonyms.list_names(contact), self._subjects.of(contact)
        async with self._database.transaction() as connection:
            [row] = await connection.fetch(*sql.find_account(contact=contact))
            messages = await find_messages(connection, names, most)
            refused = await connection.fetch(*refused_sql.list_refused_sends(subject=subject))
            full = await connection.fetch(*refused_sql.find_full_hours(most=MOST))
            locks = await self.find_locks(connection, contact, row["email"])
            await record_operator(
                connection,
                AuditEvent.MESSAGES_FOUND,
                user_id=row["id"],
                contact=subject.hex(),
                messages=len(messages),
            )
        return ContactReport(
            contact=contact,
            account=_account(row),
            messages=messages,
            refused=tuple(_refused(each) for each in refused),
            full_hours=tuple(each["hour"] for each in full),
            locks=locks,
            now=row["now"],
        )

    async def find_locks(self, connection: Connection, contact: str, email: str | None) -> Locks:
        """`email` is the address of the account that has the contact, if one has it."""
        names, subject = self._pseudonyms.list_names(contact), self._subjects.of(contact)
        [(_, free), *_] = self._table.wrong_passwords_per_account.windows
        # Wrong passwords of an account count for its address, where it has one.
        counted = self._subjects.of(email or contact)
        password = budget_sql.find_wait(subject=counted, device="", free=free)
        in_a_row = await connection.fetchval(*sql.find_failures(subject=subject))
        return Locks(
            wrong_in_a_row=in_a_row or 0,
            code_wait=await self._code_wait(connection, contact, names),
            password_wait=max(0, ceil(await connection.fetchval(*password) or 0)),
        )

    async def _code_wait(self, connection: Connection, contact: str, names: list[str]) -> int:
        """Until a stranger's guess counts again; by what all strangers have guessed together."""
        is_mail = "@" in contact
        newest = sql.find_newest_email_code if is_mail else sql.find_newest_phone_code
        code = await connection.fetchval(*newest(names=names))
        if code is None:
            return 0
        find_lock = (EMAIL if is_mail else PHONE).sql.find_lock
        seconds = await connection.fetchval(
            *find_lock(
                id=code,
                contact_names=names,
                subject=self._subjects.of(contact),
                device="",
                address_names=[],
                most_in_a_row=MOST_IN_A_ROW,
                **most_wrong(self._table),
            )
        )
        return max(0, ceil(seconds or 0))


def _account(row: Record) -> Account | None:
    if row["id"] is None:
        return None
    bounced_at, bounces = row["email_bounced_at"], row["email_bounces"]
    return Account(row["id"], row["created_at"], row["last_used_at"], bounced_at, bounces)


def _refused(row: Record) -> RefusedSend:
    return RefusedSend(row["at"], row["refusal"], row["limit_name"], row["purpose"])
