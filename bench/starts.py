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
    loads = await measure(bare, [warm, cold], SECONDS)
    return [
        figure("`POST /signup/phone`, new numbers", loads[1], loads[0], 0.35),
        figure("the same in the first seconds after Redis was emptied", loads[2], loads[0], None),
    ]
