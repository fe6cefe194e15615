"""Unlocking by an operator: wrong codes and passwords of a person or contact count no more."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.credentials.budget import ALL_KNOWN
from app.domain.identity.users import Subjects
from app.domain.ports import Connection, Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "unlock.sql")


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
