"""Health against a plain-text handler, and what watching adds to a step page."""

from itertools import repeat

from bench.driver import get
from bench.people import Visitor
from bench.place import Place, running_again, running_traced, running_untold, running_vendor
from bench.rounds import Load, Side, figure, measure
from bench.table import Figure

PAGE = "/signup/phone"
SECONDS = 1.5
PAIRS = 7


async def health_figures(place: Place) -> list[Figure]:
    """As a load balancer asks; `/health/ready` is answered from what is kept for two seconds."""
    bare = Side(place.bare, lambda: repeat(get("/plain")), 200)
    asked = {"/health/live": 0.5, "/health/ready": 0.4}
    sides = [Side(place.product, lambda p=path: repeat(get(p)), 200) for path in asked]
    loads = await measure(bare, sides, SECONDS)
    return [
        figure(f"`GET {path}`", ours, loads[0], target)
        for (path, target), ours in zip(asked.items(), loads[1:], strict=True)
    ]


async def telemetry_figures(place: Place) -> list[Figure]:
    """Against the same product that neither logs nor counts a request. Two processes that run the
    same may differ by a tenth, so several of each are started.
    """
    request = Visitor().get(PAGE)
    bare, ours = Load(), Load()
    for _ in range(PAIRS):
        with running_untold(place) as untold, running_again(place) as told:
            sides = [Side(each, lambda: repeat(request), 200) for each in (untold, told)]
            for load, more in zip(
                (bare, ours), await measure(sides[0], sides[1:], 0.5), strict=True
            ):
                load.extend(more)
    name = f"`GET {PAGE}`, with its log line and its metrics"
    return [figure(name, ours, bare, 0.85)]


async def trace_figures(place: Place) -> list[Figure]:
    """Against the same product that collects no traces."""
    request = Visitor().get(PAGE)
    with running_vendor(place.folder) as collector, running_traced(place, collector) as traced:
        bare = Side(place.product, lambda: repeat(request), 200)
        ours = Side(traced, lambda: repeat(request), 200)
        loads = await measure(bare, [ours], SECONDS)
    return [figure(f"`GET {PAGE}`, with a trace of each", loads[1], loads[0], None)]
