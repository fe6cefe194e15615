"""What a code that is entered gives: room to its text, and more budget of texts to its region."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from uuid import UUID

from app.domain.delivery.counts import Proved, list_counts, list_credits, list_entries
from app.domain.delivery.rooms import Requester, Room
from app.domain.delivery.stops import Stops
from app.domain.errors import Unavailable
from app.domain.identity.phone import Phone
from app.domain.limits import LimitTable, Origin
from app.domain.ports import Database, PastEntry, Record, ShortMemory, Tally
from app.domain.sql import load_queries

sql = load_queries(__file__, "proved.sql")


class ProvedTexts:
    def __init__(
        self, database: Database, memory: ShortMemory, table: LimitTable, stops: Stops
    ) -> None:
        self._database, self._memory, self._table = database, memory, table
        self._stops = stops

    async def note(self, verification: UUID) -> None:
        """The code of that verification was entered. While a store is silent, its texts stay
        counted there as not proved: strict, and for a day at most.
        """
        with suppress(Unavailable):
            async with self._database.connection() as connection:
                texts = await connection.fetch(*sql.mark_proved(verification=verification))
            with suppress(Unavailable):
                await self._free(texts)
            await self._stops.end_by([text["id"] for text in texts])

    async def _free(self, texts: Sequence[Record]) -> None:
        credits: list[PastEntry] = []
        for text in texts:
            freed = list(list_freed(self._table, text))
            for entry in list_entries(str(text["id"]), text["weight"]):
                await self._memory.uncount(freed, entry)
                credits += [
                    PastEntry(tally, entry, text["age"])
                    for tally in list_credits(text["address"], text["network"])
                ]
        if credits:
            await self._memory.refill(credits)


def list_freed(table: LimitTable, text: Record) -> Iterator[Tally]:
    """Where a text of that row is counted no more once its code was entered."""
    phone = Phone(text["destination"], text["region"])
    requester = Requester(Origin(text["address"], text["network"]))
    for counted in list_counts(table, phone, requester, room_of(text)):
        if counted.is_freed:
            yield counted.tally


def room_of(text: Record) -> Room:
    """The release before told nobody apart."""
    return Room(text["room"] or Room.STRANGERS)


KEPT = 10.0  # seconds that a process goes by what it has read of a region
COUNTED_EVERY = 60.0  # seconds between two looks of a process for what can be counted for good
HOURS = 6  # of sends that one statement counts: it is done well before its time is over


class RegionBudgets:
    """What was proved lately, by region, as far as budgets go by it."""

    def __init__(self, database: Database, now: Callable[[], float] = monotonic) -> None:
        self._database, self._now = database, now
        self._known: dict[str, tuple[float, Proved]] = {}

    async def find(self, region: str) -> Proved:
        """What was read last, while PostgreSQL is silent."""
        at, known = self._known.get(region, (-KEPT, Proved()))
        if self._now() - at < KEPT:
            return known
        self._known[region] = (self._now(), known)  # whoever comes meanwhile goes by that
        try:
            async with self._database.connection() as connection:
                [row] = await connection.fetch(*sql.find_proved(region=region))
        except Unavailable:
            return known
        self._known[region] = (self._now(), Proved(row["hour"], row["day"]))
        return self._known[region][1]


async def count_settled_sends(database: Database) -> None:
    """Counts for good what can change no more, so that nobody has to count it again."""
    more = True
    while more:
        async with database.transaction() as connection:
            if not await connection.fetchval(*sql.lock_counting()):
                return
            more = await connection.fetchval(*sql.count_settled(hours=HOURS))
