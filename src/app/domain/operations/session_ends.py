"""Ending the sessions of everybody: after a restored backup, or when something leaked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.audit import AuditEvent, record_operator
from app.domain.operations.person_changes import BY_OPERATOR
from app.domain.ports import Database
from app.domain.restores import sql as restores_sql
from app.domain.sql import load_queries

sql = load_queries(__file__, "session_ends.sql")

BATCH = 1000  # sessions looked at in one transaction, so that nobody waits for their locks
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class EndedSessions:
    """`settles`: what a restored backup brought back has ended, so nobody is warned any more."""

    before: datetime
    count: int
    settles: bool


async def end_sessions(
    database: Database, before: datetime | None = None, batch: int = BATCH
) -> EndedSessions:
    """Those that were opened `before`, or all there are; servers refuse them within a second. If it
    fails half-way, the same again ends the others.
    """
    async with database.connection() as connection:
        before = before or await connection.fetchval(*sql.now())
    after, count = FIRST, 0
    while True:
        asked = sql.end_batch(after=after, most=batch, before=before, reason=BY_OPERATOR)
        async with database.transaction() as connection:
            row = await connection.fetchrow(*asked)
        if row is None or row["last"] is None:
            break
        after, count = row["last"], count + row["ended"]
    async with database.transaction() as connection:
        settles = await connection.fetchval(*restores_sql.settle(before=before))
        event = AuditEvent.SESSIONS_ENDED
        await record_operator(connection, event, before=before.isoformat(), count=count)
    return EndedSessions(before, count, bool(settles))


async def keep_sessions(database: Database, reason: str) -> bool:
    """What a restored backup brought back stays. Whether there was a restore to be dealt with."""
    async with database.transaction() as connection:
        [mark] = await connection.fetch(*restores_sql.find_mark())
        if mark["noticed_at"] is None:
            return False
        await connection.execute(*restores_sql.settle(before=mark["noticed_at"]))
        await record_operator(connection, AuditEvent.SESSIONS_KEPT, reason=reason)
    return True
