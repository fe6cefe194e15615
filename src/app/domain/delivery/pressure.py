"""Pressure: where so few texts are proved that a stranger is asked for e-mail first.

How a text is judged is arithmetic over counts; only the gauge reads them.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic

from app.domain.delivery.rooms import Room
from app.domain.delivery.stops import Stops
from app.domain.identity.phone import Phone
from app.domain.limits import ConversionBreaker, LimitTable, Origin, Pressure
from app.domain.ports import Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "pressure.sql")

KEPT = 2.0  # seconds that a process goes by what it has counted
MOST_KEPT = 1000
MOST_OF_NETWORK = 100  # texts by which a network is known
BROKEN_BY = ("region", "block")  # what a breaker stops
ALL = ("network", "block", "region")


@dataclass(frozen=True, slots=True)
class Conversion:
    """Of an hour's texts, those whose code was entered and those whose was not."""

    unproved: int = 0
    proved: int = 0

    @property
    def percent_unproved(self) -> float:
        return 100 * self.unproved / max(1, self.unproved + self.proved)

    def find_wait(self, rules: Pressure) -> int | None:
        """Seconds of the steepest step that is reached; None where all is calm."""
        if self.unproved < rules.least:
            return None
        reached = (wait for above, wait in rules.steps if self.percent_unproved > above)
        return max(reached, default=None)

    def is_broken(self, breaker: ConversionBreaker) -> bool:
        share = 100 * self.proved < breaker.percent * (self.unproved + self.proved)
        return self.unproved >= breaker.least and share


@dataclass(frozen=True, slots=True)
class Verdict:
    """The name of the limit that keeps a text from being sent, '' for none. `wait`: in seconds, for
    who has proved an e-mail address.
    """

    limit: str = ""
    wait: int = 0


class PressureGauge:
    """What is counted is kept for two seconds, so that a crowd costs no more than a few people."""

    def __init__(
        self,
        database: Database,
        table: LimitTable,
        stops: Stops,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._database, self._table, self._stops, self._now = database, table, stops, now
        self._kept: OrderedDict[tuple[str, str], tuple[float, dict[Room, Conversion]]]
        self._kept = OrderedDict()

    async def judge(
        self, phone: Phone, origin: Origin, room: Room, kinds: Iterable[str] = ALL
    ) -> Verdict:
        """Of a text to there from there, by those `kinds` of counts alone. Opens the breaker where
        it is due. Raises `Unavailable`.
        """
        verdict, judged = Verdict(), room.judged_as
        for kind, key in _keys(phone, origin):
            if kind not in kinds:
                continue
            counted = await self._count(kind, key)
            wait = counted[Room.MAILED].find_wait(self._table.pressure) or 0
            conversion = counted[judged]
            if kind in BROKEN_BY and conversion.is_broken(self._table.conversion_breaker):
                percent = round(100 - conversion.percent_unproved)
                await self._stops.start(kind, key, judged, percent)
                return Verdict("conversion_breaker", max(verdict.wait, wait))
            is_pressed = conversion.find_wait(self._table.pressure) is not None
            if judged is Room.STRANGERS and is_pressed:
                verdict = Verdict("pressure", max(verdict.wait, wait))
        return verdict

    async def find_wait(self, phone: Phone, origin: Origin) -> int:
        """Seconds between the proof of an e-mail address and a text to there. Raises
        `Unavailable`.
        """
        waits = [
            (await self._count(kind, key))[Room.MAILED].find_wait(self._table.pressure)
            for kind, key in _keys(phone, origin)
        ]
        return max(wait or 0 for wait in waits)

    async def proves_texts(self, network: str) -> bool:
        """Whether strangers there have proved more numbers than they have left texts unproved, of
        the newest ones in 14 days. Raises `Unavailable`.
        """
        query = sql.proves_texts(network=network, most=MOST_OF_NETWORK)
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(*query))

    async def _count(self, kind: str, key: str) -> dict[Room, Conversion]:
        at, counted = self._kept.get((kind, key), (-KEPT, {}))
        if self._now() - at < KEPT:
            return counted
        async with self._database.connection() as connection:
            [row] = await connection.fetch(*self._statement(kind, key))
        counted = {
            room: Conversion(row[f"{room}_unproved"], row[f"{room}_proved"])
            for room in (Room.STRANGERS, Room.MAILED)
        }
        self._kept[kind, key] = self._now(), counted
        self._kept.move_to_end((kind, key))
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return counted

    def _statement(self, kind: str, key: str) -> tuple[str, *tuple[object, ...]]:
        rules = self._table.pressure
        if kind == "region":
            return count_region(key, rules)
        places = {"block": None, "network": None} | {kind: key}
        return sql.count_place(settled=float(rules.settled), **places)


def count_region(region: str, rules: Pressure) -> tuple[str, *tuple[object, ...]]:
    return sql.count_region(key=region, settled=float(rules.settled), most=rules.most_of_network)


def _keys(phone: Phone, origin: Origin) -> tuple[tuple[str, str], ...]:
    return (("network", origin.network), ("block", phone.block), ("region", phone.region))
