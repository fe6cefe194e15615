"""What a second worker brings, of the product and of the bare handler."""

from itertools import repeat

from bench.driver import get
from bench.people import Visitor
from bench.place import Place, running_workers
from bench.rounds import Side, measure
from bench.table import Figure, ratio

PAGE = "/signup/phone"
SECONDS = 2.0
LEAST = 1.7  # times, the promise, where the bare handler has it


async def worker_figures(place: Place) -> list[Figure]:
    """The client that sends the load takes its share of the same cores."""
    request = Visitor().get(PAGE)
    with running_workers(place, 2) as (product, bare):
        plain = [Side(each, lambda: repeat(get("/plain")), 200) for each in (place.bare, bare)]
        pages = [Side(each, lambda: repeat(request), 200) for each in (place.product, product)]
        one_bare, two_bare, one, two = await measure(plain[0], [plain[1], *pages], SECONDS)
    gained, bare_gained = ratio(two.rates, one.rates), ratio(two_bare.rates, one_bare.rates)
    dearer = f"({ratio(two.costs, one.costs):.2f} x the CPU of an answer)"
    return [
        Figure("two workers in the place of one: a plain-text handler", two_bare.told(),
               one_bare.told(), bare_gained, None, "x"),
        Figure(f"the same: `GET {PAGE}`", two.told(), one.told(), gained, LEAST, "x",
               aside=dearer),
    ]  # fmt: skip
