"""What each request asks PostgreSQL is found by an index, however much is kept beside it."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest

from app.domain import statistics
from app.domain.audit import sql as audit_sql
from app.domain.delivery import database_limits, outbox
from app.domain.federation import proofs
from app.domain.sql import Query
from app.domain.support import messages as support_messages
from app.domain.verification import refused_sends
from app.domain.verification.codes import EMAIL, PHONE
from tests.faults.staged import ask
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
        await connection.execute(Path(__file__).with_name("filled.sql").read_text())
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
        (database_limits.sql.count_sent, "ix_deliveries_created_at", "created_at > "),
        (proofs.sql.find_in_other_browser, "ix_identity_proofs_subject", "subject = "),
        # However many notices wait for another try while a vendor is down.
        (outbox.sql.claim_due, "ix_deliveries_waiting", "next_try_at <= "),
        (outbox.sql.claim_due, "ix_deliveries_deadline", "channel = .*next_try_at <= "),
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


# Once an hour, and no person waits for it. What has expired there has no index by its time, which
# each row that is written would have to be put into.
CLEANED = ("phone_verifications", "email_verifications", "contact_failures", "sessions",
           "password_budgets", "identity_proofs", "former_passwords", "former_identities",
           "confirmation_requests", "contact_changes", "send_counts", "send_stops",
           "text_spending", "text_warnings", "blocks")  # fmt: skip
MAY_BE_READ = {f"remove_{table}": {table} for table in CLEANED} | {
    # A few keys, which a server reads when it starts and now and then.
    "list_keys": {"signing_keys"},
    "list_ids": {"signing_keys"},
    "remove_superseded": {"signing_keys"},
    "remove_key": {"signing_keys"},
    "find_revision": {"alembic_version"},
    "list_revisions": {"schema_revisions"},
    # A row for each process that serves, and one for each SECRET_KEY that there ever was.
    "list_processes": {"processes"},
    "remove_ended": {"processes"},
    "list_secret_keys": {"secret_keys"},
    # All that operators keep out, which each process reads once a second at most.
    "list_blocks": {"blocks"},
    # One row.
    **{key: {"restore_marks"} for key in ("advance", "notice", "find_mark", "settle")},
    # A row for each database of the server.
    "describe_server": {"pg_database"},
    # One row.
    "sum_signup_cost": {"text_budget"},
    # Places where texts are stopped: a handful, which each process reads once a second at most.
    "list_stops": {"send_stops", "send_probes"},
    "lock_stop": {"send_stops"},
    "take_probe": {"send_probes"},
    "drop_probes": {"send_probes"},
    "release_probe": {"send_probes"},
    "lengthen_stops": {"send_probes"},
    "release_unsent_probes": {"send_probes"},
    "end_stops": {"send_probes"},
    # One row, and one for each region.
    "find_spent": {"text_budget"},
    "put_in_force": {"text_prices"},
    "pay_again": {"text_budget", "text_prices"},
    # A row for each service, when a server starts.
    "drop_receivers": {"event_receivers"},
    # Only for a notice that is given up, to an address that nobody has any more.
    "record_outcomes": {"contact_changes"},
    # A version is added when the prices change, and no person waits for either of these.
    "find_edition": {"catalogues"},
    "read_catalogues": {"catalogues"},
    # What is left of one, as a rule nothing: the first that no message is on its way to.
    "take_deleted_contact": {"deleted_contacts"},
}


@pytest.mark.parametrize(("file", "query"), STATEMENTS, ids=NAMES)
def test_no_statement_reads_a_whole_table(url: str, file: str, query: Query) -> None:
    plan = asyncio.run(_plan(url, query))
    assert set(re.findall(r"Seq Scan on (\w+)", plan)) in (set(), MAY_BE_READ.get(query.name)), plan


async def _plan(url: str, query: Query) -> str:
    """The one that serves whatever values."""
    values = ", ".join("NULL" for _ in query.parameters)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        await connection.execute(f"PREPARE planned AS {query.text}")
        asked = f"EXPLAIN EXECUTE planned({values})" if values else "EXPLAIN EXECUTE planned"
        return "\n".join(row[0] for row in await connection.fetch(asked))
    finally:
        await connection.close()
