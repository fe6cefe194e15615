"""Messages and audit events are kept by month: a partition each, made ahead and dropped as a whole.
What comes in a month without one is kept in the default partition.
"""

import logging
from typing import NamedTuple

from app.domain.ports import Database
from app.domain.sql import load_queries

log = logging.getLogger("app.partitions")

sql = load_queries(__file__, "partitions.sql")


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
        log.info("months were made or dropped", extra=kept._asdict())


async def find_gaps(database: Database) -> str:
    """Months that are missing, in words for operators; '' as a rule."""
    async with database.connection() as connection:
        gaps: str = await connection.fetchval(*sql.find_gaps())
    return gaps and f"not there: {gaps}"
