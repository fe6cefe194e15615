"""What is done on a filled database: how long it takes, and how many rows it reads."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from tests.plans import ROWS_READ

from app.domain import cleanup, health, vitals
from app.domain.account.personal_data import Erasure, PersonalData
from app.domain.credentials.budget import sql as budget_sql
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.identity.users import Subjects
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.operations.people import show_person
from app.domain.operations.person_changes import delete_person
from app.domain.operations.session_ends import FIRST
from app.domain.operations.session_ends import sql as ends_sql
from app.domain.ports import Connection
from app.domain.sessions.session import sql as sessions_sql
from app.domain.sessions.sessions import IDLE
from app.domain.signup.accounts import sql as accounts_sql
from app.domain.statistics import gather_statistics
from app.domain.support.contact import ContactReports
from app.settings import DEVELOPMENT_KEY

PEOPLE = 20  # of whom each thing is done once
BATCH = 500  # as clean-up removes at once
WHO = """
SELECT u.id, u.phone, u.email, s.id AS session_id, s.generation
FROM users u JOIN sessions s ON s.user_id = u.id
WHERE s.revoked_at IS NULL AND s.idle_expires_at > now()
  AND u.id = ANY(SELECT md5((21000 + n * 59)::text)::uuid FROM generate_series(1, 200) n)
"""


class Undone:
    """The `Database` port over one connection, in one transaction that is rolled back."""

    message_queued = asyncio.Event()
    refused_writes = ""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self._connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        async with self._connection.transaction():
            yield self._connection


Operation = Callable[[Undone, Any], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """`milliseconds`: the median. `rows`: the most that any of them read."""

    name: str
    milliseconds: float
    rows: int
    most_rows: int


def _query(ask: Callable[[Any], tuple[Any, ...]]) -> Operation:
    async def run(database: Undone, who: Any) -> None:
        async with database.connection() as connection:
            await connection.fetch(*ask(who))

    return run


def _removal(table: str, most: int = BATCH) -> Operation:
    return _query(lambda who: cleanup.REMOVALS[table](most=most))


async def _export(database: Undone, who: Any) -> None:
    await PersonalData(database).export_data(who["id"])


async def _delete(database: Undone, who: Any) -> None:
    await delete_person(database, who["id"])


async def _forget(database: Undone, who: Any) -> None:
    """What a server does for a deleted contact, once no message is on its way to it."""
    async with database.connection() as connection:
        await connection.execute("INSERT INTO deleted_contacts (contact) VALUES ($1)", who["phone"])
    await Erasure(database, Pseudonyms([b"key"])).erase_next_contact()


async def _show(database: Undone, who: Any) -> None:
    reports = ContactReports(
        database,
        Subjects(keys_for("subjects", (DEVELOPMENT_KEY,))),
        Pseudonyms([b"key"]),
        LimitTable(),
    )
    await show_person(database, reports, who["id"], 50)


async def _look_at_health(database: Undone, who: Any) -> None:
    async with database.connection() as connection:
        for channel, sender in (("sms", "twilio"), ("email", "sendgrid")):
            await connection.fetch(*health.sql.find_traffic(channel=channel, sender=sender))
        await connection.fetch(*vitals.sql.find_waiting())


async def _gather(database: Undone, who: Any) -> None:
    await gather_statistics(database, 1)


def _try_password(who: Any) -> tuple[Any, ...]:
    return budget_sql.count_attempt(
        subject=b"x" * 16, device="", contact=who["email"], free=5, free_seconds=900,
        share="10.0.0.1/32", most_of_share=5, share_seconds=900,
    )  # fmt: skip


def _end_batch(who: Any) -> tuple[Any, ...]:
    return ends_sql.end_batch(after=FIRST, most=1000, before=who["now"], reason="leaked")


def _refresh(who: Any) -> tuple[Any, ...]:
    return sessions_sql.refresh_session(
        id=who["session_id"], generation=0, idle=IDLE, most=10, counted_for=IDLE
    )


# By name: what is done, and how many rows it may read.
OPERATIONS: dict[str, tuple[Operation, int]] = {
    "finding an account by its number": (
        _query(lambda who: accounts_sql.find_account(phone=who["phone"])), 10),
    "counting a try of a password, and finding its account": (_query(_try_password), 10),
    "checking a session": (
        _query(lambda who: sessions_sql.check_session(id=who["session_id"])), 10),
    "refreshing a session": (_query(_refresh), 10),
    "listing the sessions of a person": (
        _query(lambda who: sessions_sql.list_sessions(user_id=who["id"])), 100),
    "exporting all of a person": (_export, 1000),
    "deleting an account": (_delete, 1000),
    "forgetting a deleted number": (_forget, 1000),
    "`latchkey person show`": (_show, 1000),
    "what `/health` reads": (_look_at_health, 20_000),
    "`latchkey stats` of a day": (_gather, 300_000),
    "ending 1,000 sessions of everybody": (_query(_end_batch), 5000),
    "cleaning up 500 sessions": (_removal("sessions"), 500_000),
    "cleaning up the last sessions that are due": (_removal("sessions", 10_000), 1_000_000),
    "cleaning up 500 messages": (_removal("deliveries"), 2000),
    "cleaning up 500 codes": (_removal("phone_verifications"), 500_000),
    "cleaning up audit events, none of which is due": (_removal("audit_events"), 100_000),
}  # fmt: skip


async def measure(connection: Any) -> list[Measured]:
    await connection.execute("TRUNCATE deleted_contacts")
    people = await connection.fetch(WHO)
    now = await connection.fetchval("SELECT now()")
    chosen = [dict(who) | {"now": now} for who in random.Random(1).sample(people, PEOPLE)]
    return [
        await _measure(connection, name, operation, most, chosen)
        for name, (operation, most) in OPERATIONS.items()
    ]


async def _measure(
    connection: Any, name: str, operation: Operation, most: int, people: Sequence[Any]
) -> Measured:
    took, rows = [], []
    for who in _turns(people):
        transaction = connection.transaction()
        await transaction.start()
        before = await connection.fetchval(ROWS_READ)
        started = perf_counter()
        await operation(Undone(connection), who)
        took.append(perf_counter() - started)
        rows.append(await connection.fetchval(ROWS_READ) - before)
        await transaction.rollback()
        if sum(took) > 10:
            break
    return Measured(name, median(took[1:] or took) * 1e3, max(rows), most)


def _turns(people: Sequence[Any]) -> Iterator[Any]:
    """The first one prepares statements, and is not counted."""
    yield people[0]
    yield from people
