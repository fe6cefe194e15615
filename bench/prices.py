"""The prices: the fragment against a handler of as many bytes, its wait while prices are published
every second, and what travels.
"""

import asyncio
from itertools import repeat
from time import monotonic

from app.adapters.postgres import Postgres
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.pricing.versions import publish
from bench.driver import connected, expect, get
from bench.people import GZIP
from bench.place import Place
from bench.rounds import Side, figure, measure
from bench.table import Figure
from bench.waits import PROBED, told_by

FRAGMENT = "/pricing/plans"
HTMX = b"hx-request: true"
SECONDS = 1.5
UNMOVED = 1.5  # times: two probes of the same thing differ by about as much
KIB, MOST = 1024, 15.0


async def price_figures(place: Place) -> list[Figure]:
    database = Postgres(place.database_url)
    await database.open()
    try:
        await publish(database, read_price_file(BELIEVABLE.read_text()), None)
        await asyncio.sleep(2)
        return [await _fast(place), await _unmoved(place, database), *await _light(place)]
    finally:
        await database.close()


async def _fast(place: Place) -> Figure:
    bare = Side(place.bare, lambda: repeat(get("/thousand", GZIP)), 200)
    ours = Side(place.product, lambda: repeat(get(FRAGMENT, HTMX, GZIP)), 200)
    plain, fragment = await measure(bare, [ours], SECONDS)
    name = f"`GET {FRAGMENT}` by htmx, against 1000 bytes of plain text"
    return figure(name, fragment, plain, 0.50)


async def _unmoved(place: Place, database: Postgres) -> Figure:
    """As someone waits for it who asks now and then: published every second, and not at all."""
    asked = (str(place.product.port), str(place.bare.port), str(PROBED), FRAGMENT, HTMX.decode())
    still = float((await told_by("bench.probe", *asked)).split()[0])
    told, _ = await asyncio.gather(told_by("bench.probe", *asked), _publish_for(database, PROBED))
    moving = float(told.split()[0])
    return Figure(
        f"99 of 100 `GET {FRAGMENT}` while prices are published every second",
        f"{moving * 1e3:.1f} ms",
        f"{still * 1e3:.1f} ms without",
        moving / still,
        UNMOVED,
        "x",
        most=True,
    )


async def _publish_for(database: Postgres, seconds: float) -> None:
    """Dearer by a dollar each time, so that nothing made before can be given again."""
    until, dollars = monotonic() + seconds, 30
    while monotonic() < until:
        text = BELIEVABLE.read_text().replace("USD = 29\n", f"USD = {dollars}\n")
        await publish(database, read_price_file(text), None)
        dollars += 1
        await asyncio.sleep(1)


async def _light(place: Place) -> list[Figure]:
    connection = await connected(place.product.port)
    sizes = {
        "the page of prices": await expect(connection, get("/pricing", GZIP), 200),
        "the fragment of prices": await expect(connection, get(FRAGMENT, HTMX, GZIP), 200),
    }
    connection.close()
    return [
        Figure(name, f"{reply.size / KIB:.1f} KiB", "", reply.size / KIB, MOST, "KiB", most=True)
        for name, reply in sizes.items()
    ]
