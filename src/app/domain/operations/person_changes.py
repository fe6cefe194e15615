"""What an operator does for a person who has asked for it. It is on record under their name."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.account.personal_data import DELETED, PersonalData, erase_account, find_wait
from app.domain.audit import AuditEvent, record_operator
from app.domain.credentials.budget import ALL_KNOWN
from app.domain.identity.users import Subjects, lock_contacts
from app.domain.limits import NOWHERE
from app.domain.ports import Connection, Database
from app.domain.sessions.session import sql as sessions_sql
from app.domain.sql import load_queries

sql = load_queries(__file__, "person_changes.sql")

BY_OPERATOR = "ended by operator"


async def sign_out_person(database: Database, user_id: UUID, reason: str = BY_OPERATOR) -> int:
    """How many sessions were ended: all there are. Raises `Unauthenticated` when the account is
    gone.
    """
    async with database.transaction() as connection:
        await lock_contacts(connection, user_id)
        count = await _end_sessions(connection, user_id, reason)
        await record_operator(connection, AuditEvent.PERSON_SIGNED_OUT, user_id, count=count)
    return count


async def export_person(database: Database, user_id: UUID) -> dict[str, list[dict[str, Any]]]:
    """As `PersonalData.export_data`."""
    data = await PersonalData(database).export_data(user_id)
    async with database.transaction() as connection:
        await record_operator(connection, AuditEvent.PERSON_EXPORTED, user_id)
    return data


async def delete_person(database: Database, user_id: UUID) -> None:
    """As their own deletion: they are told, and what is left goes once that went out. Raises
    `DeletionWaits`, and `Unauthenticated` when the account is gone.
    """
    async with database.transaction() as connection:
        await lock_contacts(connection, user_id)
        if waits := await find_wait(connection, user_id):
            raise waits
        count = await _end_sessions(connection, user_id, DELETED)
        await record_operator(connection, AuditEvent.ACCOUNT_DELETED, user_id, sessions=count)
        await erase_account(connection, user_id, NOWHERE)


async def _end_sessions(connection: Connection, user_id: UUID, reason: str) -> int:
    """Servers notice it within a second."""
    ended = sessions_sql.end_all_sessions(user_id=user_id, but=None, reason=reason)
    return len(await connection.fetch(*ended))


# Unlocking: wrong codes and passwords of a person or contact count no more.


@dataclass(frozen=True, slots=True)
class Unlocked:
    """Whose contact it is, None for nobody's; how many wrong ones counted till now."""

    user_id: UUID | None
    codes: int
    passwords: int


async def unlock(database: Database, subjects: Subjects, contact: str) -> Unlocked:
    """`contact` is a number in E.164 or a canonical address, with or without an account."""
    async with database.transaction() as connection:
        [row] = await connection.fetch(*sql.find_contacts(contact=contact))
        counts = await _reset_counters(connection, subjects, row["contacts"])
        unlocked = Unlocked(row["id"], *counts)
        if unlocked.user_id or unlocked.codes or unlocked.passwords:
            await record_operator(
                connection,
                AuditEvent.PERSON_UNLOCKED,
                user_id=unlocked.user_id,
                codes=unlocked.codes,
                passwords=unlocked.passwords,
            )
    return unlocked


async def _reset_counters(
    connection: Connection, subjects: Subjects, contacts: list[str]
) -> tuple[int, int]:
    counted = [subjects.of(contact) for contact in contacts]
    in_a_row = await connection.fetch(*sql.forget_in_a_row(subjects=counted))
    texts = await connection.fetch(*sql.forget_phone_guesses(contacts=contacts))
    mails = await connection.fetch(*sql.forget_email_guesses(contacts=contacts))
    guesses = sum(row["attempts"] for row in (*texts, *mails))
    passwords = await connection.fetch(*sql.forget_passwords(subjects=counted))
    # A share, of an address or of known devices together, counts what their budgets count.
    budgets = (row for row in passwords if "/" not in row["device"] and row["device"] != ALL_KNOWN)
    wrong = sum(row["wrong"] for row in budgets)
    return max(guesses, sum(row["in_a_row"] for row in in_a_row)), wrong
