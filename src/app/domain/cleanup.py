"""Clean-up: what has expired is removed, and how much of it is told. Messages and audit events are
kept by month: a partition each, made ahead and dropped as a whole. What comes in a month without
one is kept in the default partition.
"""

import logging
import random
from typing import NamedTuple

from app.domain.audit import sql as audit_sql
from app.domain.ports import Database
from app.domain.sql import load_queries

log = logging.getLogger("app.cleanup")
sql = load_queries(__file__, "cleanup.sql")

months_log = logging.getLogger("app.partitions")


class Partitions(NamedTuple):
    """Names. One that somebody reads for long is left for the next round."""

    made: list[str]
    dropped: list[str]


async def keep_partitions(database: Database) -> Partitions:
    """Makes and drops what is due; another process that is at it leaves nothing to do."""
    async with database.transaction() as connection:
        made = await connection.fetchval(*sql.make_partitions())
    async with database.transaction() as connection:
        dropped = await connection.fetchval(*sql.drop_partitions())
    return Partitions(made, dropped)


async def keep_partitions_and_tell(database: Database) -> None:
    kept = await keep_partitions(database)
    if any(kept):
        months_log.info("months were made or dropped", extra=kept._asdict())


async def find_gaps(database: Database) -> str:
    """Months that are missing, in words for operators; '' as a rule."""
    async with database.connection() as connection:
        gaps: str = await connection.fetchval(*sql.find_gaps())
    return gaps and f"not there: {gaps}"


BATCH = 500  # rows removed in one transaction, so that nobody waits for their locks
EVERY = 3600.0  # seconds between two rounds of a server, give or take half
# By table: what removes at most `most` rows of it, and tells how many there were.
REMOVALS = {
    "phone_verifications": sql.remove_phone_verifications,
    "email_verifications": sql.remove_email_verifications,
    "contact_failures": sql.remove_contact_failures,
    "deliveries": sql.remove_deliveries,
    "send_counts": sql.remove_send_counts,
    "send_stops": sql.remove_send_stops,
    "refused_sends": sql.remove_refused_sends,
    "sessions": sql.remove_sessions,
    "password_budgets": sql.remove_password_budgets,
    "identity_proofs": sql.remove_identity_proofs,
    "spent_transactions": sql.remove_spent_transactions,
    "idempotent_calls": sql.remove_idempotent_calls,
    "former_passwords": sql.remove_former_passwords,
    "former_identities": sql.remove_former_identities,
    "confirmation_requests": sql.remove_confirmation_requests,
    "contact_changes": sql.remove_contact_changes,
    "events": sql.remove_events,
    "text_spending": sql.remove_text_spending,
    "text_warnings": sql.remove_text_warnings,
    "blocks": sql.remove_blocks,
    "audit_events": audit_sql.forget_expired,
}


async def clean_up(database: Database, batch: int = BATCH) -> dict[str, int]:
    """Rows removed, by table."""
    removed = dict.fromkeys(REMOVALS, 0)
    for table, removal in REMOVALS.items():
        count = batch
        while count == batch:
            async with database.transaction() as connection:
                await connection.execute(*sql.lock_cleanup())
                count = await connection.fetchval(*removal(most=batch))
            removed[table] += count
    return removed


async def clean_up_and_tell(database: Database) -> None:
    removed = await clean_up(database)
    if any(removed.values()):
        log.info("removed what has expired", extra={"rows": removed})


def until_next_round() -> float:
    """In seconds."""
    return EVERY * random.uniform(0.5, 1.5)  # noqa: S311 - jitter
