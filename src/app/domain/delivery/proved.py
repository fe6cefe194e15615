"""A text whose code is entered gives its room back, and ends what waited for its proof."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from uuid import UUID

from app.domain.delivery.counts import list_counts, list_credits, list_entries
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
