"""What each request asks PostgreSQL is found by an index, however much is kept beside it."""

import asyncio
import re

import asyncpg
import pytest

from app.domain import cleanup, statistics
from app.domain.account import personal_data
from app.domain.audit import sql as audit_sql
from app.domain.delivery import database_limits, outbox, proved
from app.domain.federation import proofs
from app.domain.sql import Query
from app.domain.support import messages as support_messages
from app.domain.verification import refused_sends
from app.domain.verification.codes import EMAIL, PHONE
from tests.faults.staged import ask
from tests.plans import FILLED, ROWS_READ, plan_of, reads_no_whole_table
from tests.statements import NAMES, STATEMENTS
from tests.stores import Stores


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """Where much of everything is kept."""
    fresh = stores.new_database()
    asyncio.run(_fill(fresh))
    return fresh


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FILLED.read_text())
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("query", "values", "index"),
    [
        (
            audit_sql.count_refusals.text,
            ("%:code_refused", "10.0.7.0/24", 3600.0),
            "ix_audit_events_refused",
        ),
        (
            audit_sql.count_refusals.text,
            ("password:refused", "10.0.7.0/24", 900.0),
            "ix_audit_events_refused",
        ),
    ],
)
def test_an_index_finds_it(url: str, query: str, values: tuple[object, ...], index: str) -> None:
    plan = "\n".join(row[0] for row in ask(url, f"EXPLAIN {query}", *values))
    assert index in plan
    assert re.search(r"Index Cond: .*(at|created_at) > ", plan), "and by its time"


@pytest.mark.parametrize(
    ("query", "index", "condition"),
    [
        (PHONE.sql.start_code, "ix_deliveries_uncounted", "created_at > "),
        (EMAIL.sql.resend_code, "ix_deliveries_uncounted", "created_at > "),
        (database_limits.sql.count_texts, "ix_deliveries_created_at", "created_at > "),
        (database_limits.sql.count_mails, "ix_deliveries_created_at", "created_at > "),
        # To the planner an unknown bound is a third of a table, and of a large one it reads all.
        (database_limits.sql.count_sent, "ix_deliveries_created_at", "created_at > .*'1 day'"),
        (database_limits.sql.count_in_region, "ix_deliveries_created_at", "created_at > .*'1 day'"),
        (proved.sql.find_proved, "ix_deliveries_created_at", "created_at >= .*'1 day'"),
        (proved.sql.find_proved, "ix_send_counts_region", "region = "),
        (proofs.sql.find_in_other_browser, "ix_identity_proofs_subject", "subject = "),
        # However many notices wait for another try while a vendor is down.
        (outbox.sql.claim_due, "ix_deliveries_waiting", "next_try_at <= "),
        (outbox.sql.claim_due, "ix_deliveries_deadline", "channel = .*next_try_at <= "),
        # Of those that were opened long enough ago, which their ids tell.
        (cleanup.sql.remove_sessions, "pk_sessions", "id < "),
        # What operators ask.
        (support_messages.sql.find_messages, "ix_deliveries_destination", "destination = ANY"),
        (refused_sends.sql.record_refused_send, "pk_refused_sends", "subject = "),
        (statistics.sql.count_codes, "pk_phone_verifications", "id > "),
        (statistics.sql.count_codes, "pk_email_verifications", "id > "),
        (statistics.sql.count_deliveries, "ix_deliveries_created_at", "created_at > "),
        (statistics.sql.count_refused_sends, "ix_refused_sends_hour", "hour > "),
        (statistics.sql.count_events, "ix_audit_events_at", "at > "),
    ],
)
def test_an_index_finds_it_by_its_condition(
    url: str, query: Query, index: str, condition: str
) -> None:
    plan = asyncio.run(_plan(url, query))
    assert re.search(rf"{index}.*\n *Index Cond: .*{condition}", plan), plan


@pytest.mark.parametrize(("file", "query"), STATEMENTS, ids=NAMES)
def test_no_statement_reads_a_whole_table(url: str, file: str, query: Query) -> None:
    plan = asyncio.run(_plan(url, query))
    assert reads_no_whole_table(query, plan), plan


def test_a_deletion_reads_only_what_is_of_the_person(url: str) -> None:
    """Not all events of two months, to find those of their sign-up."""
    assert asyncio.run(_count_rows_of_deletion(url)) < 50


async def _count_rows_of_deletion(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        [person] = await connection.fetch("SELECT md5('1')::uuid AS user_id")
        before = await connection.fetchval(ROWS_READ)
        async with connection.transaction():
            await connection.execute(
                "UPDATE phone_verifications SET user_id = $1 WHERE phone = $2",
                person["user_id"],
                "+61400000001",
            )
            await connection.execute(*audit_sql.forget_places(**person))
            await connection.execute(*personal_data.sql.delete_account(**person))
            return int(await connection.fetchval(ROWS_READ) - before)
    finally:
        await connection.close()


async def _plan(url: str, query: Query) -> str:
    connection = await asyncpg.connect(url)
    try:
        return await plan_of(connection, query)
    finally:
        await connection.close()
