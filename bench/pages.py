"""A step page against a plain-text handler, turn by turn, one worker each."""

from itertools import repeat

from bench.driver import get
from bench.people import GZIP, HEAVIEST, Visitor, in_language
from bench.place import Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

PAGE = "/signup/phone"
SECONDS = 1.5


async def page_figures(place: Place) -> list[Figure]:
    return await _figures(place, "en-GB", "")


async def heaviest_page_figures(place: Place) -> list[Figure]:
    return await _figures(place, HEAVIEST, " under another brand in Arabic")


async def _figures(place: Place, language: str, where: str) -> list[Figure]:
    visitor = Visitor(language)
    bare = Side(place.bare, lambda: repeat(get("/plain", GZIP)), 200)
    asked = {
        "as a browser asks (flow cookie, gzip)": visitor.get(PAGE),
        "the same without gzip": visitor.get(PAGE).replace(GZIP, b"dnt: 1"),
        "a first visit (sets the cookie, gzip)": in_language(get(PAGE, GZIP), language),
        "the next step by htmx (flow cookie, gzip)": visitor.get(PAGE, b"hx-request: true"),
    }
    sides = [Side(place.product, lambda r=request: repeat(r), 200) for request in asked.values()]
    loads = await measure(bare, sides, SECONDS)
    return [
        figure(f"`GET {PAGE}`{where} {name}", ours, loads[0], 0.30)
        for name, ours in zip(asked, loads[1:], strict=True)
    ]
