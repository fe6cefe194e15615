"""Starting a verification against a handler that commits one row of the same PostgreSQL."""

from itertools import repeat

from bench.driver import post
from bench.people import Visitor
from bench.place import YESTERDAY, Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

SECONDS = 2.0
PREPARED = 4000  # forms a round; it ends when they do


async def start_figures(place: Place) -> list[Figure]:
    bare = Side(place.bare, lambda: repeat(post("/insert", b"phone=%2B61491570006")), 200)

    def prepared() -> list[bytes]:
        return [Visitor().give_phone() for _ in range(PREPARED)]

    warm, cold = (
        Side(place.product, prepared, 303, lambda age=age: place.memory_counts_since(age))
        for age in (YESTERDAY, 0)
    )
    refilled = Side(place.product, prepared, 303, place.refill_memory)
    loads = await measure(bare, [warm, refilled, cold], SECONDS)
    day, seconds = ("the same in the first day after Redis was emptied",
                    "and in its first seconds, until Redis is told again")  # fmt: skip
    return [
        figure("`POST /signup/phone`, new numbers", loads[1], loads[0], 0.35),
        figure(f"{day}, against the warm one", loads[2], loads[1], 0.6),
        figure(seconds, loads[3], loads[0], None),
    ]
