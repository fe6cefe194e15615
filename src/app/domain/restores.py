"""A restored backup brings back sessions that had ended, accounts that were deleted, and earlier
passwords. It is noticed by a mark that only grows: the database has it, and so have Redis and a
file, which no dump of the database holds.
"""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.domain.audit import AuditEvent, record
from app.domain.errors import Unavailable
from app.domain.ports import Connection, Database, ShortMemory
from app.domain.pricing.prices import LastGood
from app.domain.sql import load_queries

sql = load_queries(__file__, "restores.sql")
log = logging.getLogger("app.restores")

EVERY = 20.0  # seconds between two looks of a process
KEY = "restores:mark"
REMEMBERED = timedelta(days=400)  # in Redis, since the last look


@dataclass(frozen=True, slots=True)
class Restore:
    """The database is as it was at `restored_to`, give or take a minute, and what happened until
    `lost_until` is lost. `noticed_at` is None while nobody has made a note of it.
    """

    restored_to: datetime
    lost_until: datetime
    noticed_at: datetime | None

    @property
    def words(self) -> str:
        was, until = (
            f"{at.astimezone(UTC):%Y-%m-%d %H:%M}" for at in (self.restored_to, self.lost_until)
        )
        which = "--all"
        if self.noticed_at:
            which = f"--before {self.noticed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        return (
            f"a backup of {was} UTC was restored, and what happened until {until} UTC is lost: see"
            f" docs/restore.md, then run latchkey sessions end {which}"
        )


class RestoreGuard:
    """`memory` and `file` are where the mark is remembered; either may be empty or away."""

    def __init__(self, database: Database, memory: ShortMemory, file: LastGood) -> None:
        self._database, self._memory, self._file = database, memory, file

    async def look(self) -> None:
        """Notices a restore, and tells of it once; otherwise the mark grows, and is remembered."""
        seen = await self._find_remembered()
        async with self._database.transaction() as connection:
            if not await _notice(connection, seen):
                await connection.execute(*sql.advance(seen=seen))
            [row] = await connection.fetch(*sql.find_mark())
        await self._remember(row["marked_at"])

    async def find_restore(self) -> Restore | None:
        """One that nobody has dealt with."""
        async with self._database.connection() as connection:
            return await find_restore(connection)

    async def _find_remembered(self) -> datetime | None:
        """The highest."""
        copy = _read(await asyncio.to_thread(self._file.read))
        return max(filter(None, (copy, await _recall(self._memory))), default=None)

    async def _remember(self, mark: datetime) -> None:
        written = mark.isoformat().encode()
        await asyncio.to_thread(self._file.write, written)
        with suppress(Unavailable):
            await self._memory.put(KEY, written, REMEMBERED)


async def notice_restore(database: Database, memory: ShortMemory) -> None:
    """As a server at its start, but by Redis alone: the folder that a command is started in may
    hold the mark of another database.
    """
    seen = await _recall(memory)
    async with database.transaction() as connection:
        await _notice(connection, seen)


async def find_unnoticed(database: Database, memory: ShortMemory) -> Restore | None:
    """What `notice_restore` would notice; nothing is changed."""
    seen = await _recall(memory)
    async with database.connection() as connection:
        [row] = await connection.fetch(*sql.find_mark())
    if seen is None or row["marked_at"] >= seen:
        return None
    return Restore(row["marked_at"], seen, None)


async def _notice(connection: Connection, seen: datetime | None) -> bool:
    """Whether the database is behind what was `seen`, which is told."""
    lost = await connection.fetchrow(*sql.notice(seen=seen)) if seen else None
    if lost is None:
        return False
    facts = {name: lost[name].isoformat() for name in ("restored_to", "lost_until")}
    await record(connection, AuditEvent.BACKUP_RESTORED, **facts)
    log.warning("a backup of the database was restored", extra=facts)
    return True


async def _recall(memory: ShortMemory) -> datetime | None:
    with suppress(Unavailable):
        return _read(await memory.get(KEY))
    return None


async def find_restore(connection: Connection) -> Restore | None:
    [row] = await connection.fetch(*sql.find_mark())
    if row["restored_to"] is None:
        return None
    return Restore(row["restored_to"], row["lost_until"], row["noticed_at"])


def _read(copy: bytes | None) -> datetime | None:
    """None for what is none."""
    try:
        at = datetime.fromisoformat((copy or b"").decode())
    except ValueError:
        return None
    return at if at.tzinfo else None
