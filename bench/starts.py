"""Starting a verification against a handler that commits one row of the same PostgreSQL."""

from itertools import repeat

from bench.driver import post
from bench.people import HEAVIEST, Visitor
from bench.place import YESTERDAY, Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

SECONDS = 2.0
PREPARED = 4000  # forms a round; it ends when they do


async def heaviest_start_figures(place: Place) -> list[Figure]:
    bare = _inserts(place)
    ours = Side(place.product, lambda: _prepared(HEAVIEST), 303)
    place.memory_counts_since(YESTERDAY)
    loads = await measure(bare, [ours], SECONDS)
    name = "`POST /signup/phone` under another brand in Arabic"
    return [figure(name, loads[1], loads[0], 0.3)]


async def start_figures(place: Place) -> list[Figure]:
    bare = _inserts(place)
    warm, cold = (
        Side(place.product, _prepared, 303, lambda age=age: place.memory_counts_since(age))
        for age in (YESTERDAY, 0)
    )
    refilled = Side(place.product, _prepared, 303, place.refill_memory)
    loads = await measure(bare, [warm, refilled, cold], SECONDS)
    day, seconds = ("the same in the first day after Redis was emptied",
                    "and in its first seconds, until Redis is told again")  # fmt: skip
    return [
        figure("`POST /signup/phone`, new numbers", loads[1], loads[0], 0.35),
        figure(f"{day}, against the warm one", loads[2], loads[1], 0.6),
        figure(seconds, loads[3], loads[0], None),
    ]


def _inserts(place: Place) -> Side:
    return Side(place.bare, lambda: repeat(post("/insert", b"phone=%2B61491570006")), 200)


def _prepared(language: str = "en-GB") -> list[bytes]:
    return [Visitor(language).give_phone() for _ in range(PREPARED)]
