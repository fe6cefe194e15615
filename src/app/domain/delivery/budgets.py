"""How many unproved texts a region may have: its share of what was proved there in two weeks."""

from collections.abc import Callable
from time import monotonic

from app.domain.delivery.counts import Proved
from app.domain.errors import Unavailable
from app.domain.ports import Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "budgets.sql")

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
