"""The check of a session against one point read, a refresh against one committed update, and what a
proxy asks against an answer of plain text.
"""

from collections.abc import Iterator
from itertools import count, cycle, repeat

from bench.driver import get
from bench.members import Member, members
from bench.people import GZIP
from bench.place import Place
from bench.rounds import Side, figure, measure
from bench.table import Figure

MEMBERS = 3000
SECONDS = 2.0
HTMX = b"hx-request: true"
# The smallest answer for whoever is signed in: it leads them on. And the smallest page of theirs.
FORWARD_AUTH, SHOP = "/api/v1/forward-auth", "https://shop.example.com"
FROM_SHOP = (b"x-forwarded-host: shop.example.com", b"x-forwarded-proto: https")
SMALLEST, PAGE = ("/login", 303), ("/account/sessions", 200)


async def session_figures(place: Place) -> list[Figure]:
    """Each request by another person, so that hardly anybody was seen within the same second."""
    made = await members(place, MEMBERS)

    def asked(path: str, status: int) -> Side:
        requests = [_asked(path, member.access) for member in made]
        return Side(place.product, lambda: cycle(requests), status)

    bare = Side(place.bare, lambda: repeat(get("/read", GZIP)), 200)
    loads = await measure(bare, [asked(*SMALLEST), asked(*PAGE)], SECONDS)
    return [
        figure(f"`GET {SMALLEST[0]}`, signed in, revocation checked", loads[1], loads[0], 0.50),
        figure(f"`GET {PAGE[0]}` by htmx, the same", loads[2], loads[0], None),
    ]


async def forward_auth_figures(place: Place) -> list[Figure]:
    """As a proxy asks for each request of a page: again with one live token, whose session was
    looked up within the second. For a service that is told everything, and the id alone with
    another person's token each time.
    """
    made = await members(place, MEMBERS)

    def asked(people: list[Member]) -> Side:
        requests = [get(FORWARD_AUTH, f"cookie: {each.access}".encode()) for each in people]
        return Side(place.product, lambda: cycle(requests), 204)

    of_shop = get(FORWARD_AUTH, *FROM_SHOP, f"cookie: {made[0].at(SHOP)}".encode())
    by_shop = Side(place.product, lambda: repeat(of_shop), 204)
    bare = Side(place.bare, lambda: repeat(get("/plain", GZIP)), 200)
    loads = await measure(bare, [asked(made[:1]), by_shop, asked(made)], SECONDS)
    return [
        figure(f"`GET {FORWARD_AUTH}` with one live token", loads[1], loads[0], 0.60),
        figure("the same for a service on another host, told everything", loads[2], loads[0], None),
        figure("the same by another person each time", loads[3], loads[0], None),
    ]


async def refresh_figures(place: Place) -> list[Figure]:
    """By people who have nothing but their newest refresh token."""

    async def refreshed(path: str, status: int) -> Side:
        newest = _newest(path, await members(place, MEMBERS))
        return Side(place.product, lambda: newest, status)

    bare = Side(place.bare, lambda: repeat(get("/update", GZIP)), 200)
    loads = await measure(bare, [await refreshed(*SMALLEST), await refreshed(*PAGE)], SECONDS)
    return [
        figure(f"`GET {SMALLEST[0]}` with a token to be refreshed", loads[1], loads[0], 0.40),
        figure(f"`GET {PAGE[0]}` by htmx, the same", loads[2], loads[0], None),
    ]


def _newest(path: str, people: list[Member]) -> Iterator[bytes]:
    """Each person in turn, with the token that came of their turn before."""
    return (_asked(path, one.refresh(generation)) for generation in count() for one in people)


def _asked(path: str, cookie: str) -> bytes:
    return get(path, f"cookie: {cookie}".encode(), GZIP, HTMX)
