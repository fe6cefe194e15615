"""The short memory is told what was sent in the last day, once it has forgotten that."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from app.domain.delivery.counts import list_counts, list_credits, list_entries, of_deleted
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.delivery.proved import room_of
from app.domain.delivery.rooms import Requester
from app.domain.errors import Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import DAY, LimitTable, Origin
from app.domain.ports import Database, PastEntry, Record, Refilled, ShortMemory, Tally
from app.domain.sql import load_queries

sql = load_queries(__file__, "refill.sql")
log = logging.getLogger("app.refill")

EVERY = 5.0  # seconds between two looks of a process
# Seconds after which whatever was counted before is written down, or was given up: a request takes
# 5 at most, its last statement 3. And each process has looked, and told what it missed.
SETTLED = 15.0
BATCH = 200  # messages, which keep Redis busy for some milliseconds


class SendRefill:
    """Enters each message under its own id in the tallies that the database fallback would count it
    in. Sends go on meanwhile, and are in the memory under their ids already.
    """

    def __init__(
        self, database: Database, memory: ShortMemory, table: LimitTable, settled: float = SETTLED
    ) -> None:
        self._database, self._memory, self._table = database, memory, table
        self._settled = settled

    async def refill_where_due(self) -> None:
        """Looks twice: where the memory forgot in between, it is called otherwise, and is young."""
        with suppress(Unavailable):  # whose store tells of it
            name = await self._memory.begin_refill() if await self._is_due() else ""
            if name and await self._is_due():
                await self._refill(name)

    async def _is_due(self) -> bool:
        """Where the memory has forgotten, or has not counted what was sent while it was silent."""
        count = await self._memory.count((), "")
        if count.memory_age < self._settled:
            return False
        if count.memory_age < DAY and count.refilled is Refilled.NO:
            return True
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(*sql.has_uncounted()))

    async def _refill(self, name: str) -> None:
        sent, uncounted, refilled = 0, list[UUID](), Refilled.ALL
        async for batch in self._read_batches():
            await self._memory.refill([entry for row in batch for entry in self._entries(row)])
            sent += len(batch)
            uncounted += [row["id"] for row in batch if not row["counted"]]
            if any(Pseudonyms.is_pseudonym(row["contact"]) for row in batch):
                refilled = Refilled.BUT_DELETED
        await self._memory.end_refill(name, refilled)
        log.info("Redis was told what was sent in the last day", extra={"messages": sent})
        if uncounted:
            # Who looked at the memory before these were in it still has to find them uncounted.
            await asyncio.sleep(self._settled)
            async with self._database.connection() as connection:
                await connection.execute(*sql.mark_counted(ids=uncounted))

    async def _read_batches(self) -> AsyncIterator[Sequence[Record]]:
        at, last_id = datetime.fromtimestamp(0, UTC), UUID(int=0)
        while True:
            async with self._database.connection() as connection:
                batch = await connection.fetch(
                    *sql.list_sent_today(after=at, after_id=last_id, most=BATCH)
                )
            if batch:
                yield batch
                at, last_id = batch[-1]["created_at"], batch[-1]["id"]
            if len(batch) < BATCH:
                return

    def _entries(self, row: Record) -> list[PastEntry]:
        names, tallies = list_entries(str(row["id"]), row["weight"]), set(self._tallies(row))
        return [PastEntry(tally, name, row["age"]) for tally in tallies for name in names]

    def _tallies(self, row: Record) -> Iterator[Tally]:
        """Those of a stranger's send, whoever asked for it, with that of the mailbox which was
        proved for it; and beside them those of a code to somebody's own number or address. A text
        whose code was entered is in those alone that it stays in.
        """
        contact, origin = row["contact"], Origin(row["address"], row["network"])
        to = Phone(contact, row["region"]) if row["channel"] == "sms" else EmailAddress(contact)
        opened_by, by_mailbox = row["opened_by"] or "", row["by_mailbox"]
        requesters = [Requester(origin, opened_by=opened_by if by_mailbox else "")]
        if row["session"]:
            session = row["session"].hex()
            requesters.append(Requester(origin, session=session, opened_by=opened_by))
        is_proved = row["proved"] and row["channel"] == "sms"
        for requester in requesters:
            for counted in list_counts(self._table, to, requester, room_of(row)):
                if not ((counted.is_freed and is_proved) or counted.tally.is_only_checked):
                    yield counted.tally
        if is_proved:
            yield from list_credits(row["address"], row["network"])
        if Pseudonyms.is_pseudonym(contact):
            for name in (contact, row["block"], row["address"], row["network"]):
                if name:
                    yield of_deleted(name)
