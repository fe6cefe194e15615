"""Which statements read whole tables, by the plan that serves whatever values."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.domain.sql import Query

FILLED = Path(__file__).parent / "domain/filled.sql"  # some of everything

# Once an hour, and no person waits for it. What has expired there has no index by its time, which
# each row that is written would have to be put into.
CLEANED = ("phone_verifications", "email_verifications", "contact_failures",
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
    # For an operator, of so many days as they ask for: the codes of a week are all there are.
    "find_cost_of_signups": {"phone_verifications"},
    # Only for a notice that is given up, to an address that nobody has any more.
    "record_outcomes": {"contact_changes"},
    # A version is added when the prices change, and no person waits for either of these.
    "find_edition": {"catalogues"},
    "read_catalogues": {"catalogues"},
    # What is left of one, as a rule nothing: the first that no message is on its way to.
    "take_deleted_contact": {"deleted_contacts"},
}

# Rows that this transaction has read, also in functions and for foreign keys, which no plan shows.
ROWS_READ = """
SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables
"""


async def plan_of(connection: Any, query: Query) -> str:
    """The one that serves whatever values."""
    values = ", ".join("NULL" for _ in query.parameters)
    await connection.execute("SET plan_cache_mode = force_generic_plan")
    # By values that are null, no partition would be left in the plan.
    await connection.execute("SET enable_partition_pruning = off")
    await connection.execute(f"PREPARE planned AS {query.text}")
    try:
        asked = f"EXPLAIN EXECUTE planned({values})" if values else "EXPLAIN EXECUTE planned"
        return "\n".join(row[0] for row in await connection.fetch(asked))
    finally:
        await connection.execute("DEALLOCATE planned")


def reads_no_whole_table(query: Query, plan: str) -> bool:
    """But for those that it may read, and months that were made ahead: nothing is in them yet."""
    read = {each for each in re.findall(r"Seq Scan on (\w+)", plan) if not is_ahead(each)}
    return read <= MAY_BE_READ.get(query.name, set())


def is_ahead(table: str) -> bool:
    """Whether it is a partition for a month that has not come."""
    month = re.search(r"_([0-9]{4}_[0-9]{2})$", table)
    return month is not None and month[1] > f"{datetime.now(UTC):%Y_%m}"
