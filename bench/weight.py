"""What travels: a first visit of each step with all it loads, and each next step by htmx."""

import re

import asyncpg

from bench.driver import Connection, connected, get
from bench.people import GZIP, HEAVIEST, Visitor
from bench.place import Place
from bench.table import Figure

KIB = 1024
FIRST, NEXT = 25.0, 3.0  # KiB, the promise
LOADED = re.compile(rb'(?:href|src)="(/static/[^"]+)"')


async def weight_figures(place: Place) -> list[Figure]:
    return await _figures(place, "en-GB", "")


async def heaviest_weight_figures(place: Place) -> list[Figure]:
    return await _figures(place, HEAVIEST, ", under another brand in Arabic")


async def _figures(place: Place, language: str, where: str) -> list[Figure]:
    """The heaviest of the five steps, as gzip, headers included."""
    database = await asyncpg.create_pool(place.database_url, min_size=1, max_size=1)
    connection = await connected(place.product.port)
    sizes = await _walk(connection, Visitor(language), database)
    connection.close()
    await database.close()
    first, following = (max(column) / KIB for column in zip(*sizes, strict=True))
    return [
        _figure(f"first visit of a step, with all it loads{where}", first, FIRST),
        _figure(f"each next step, by htmx{where}", following, NEXT),
    ]


async def _walk(
    connection: Connection, person: Visitor, database: asyncpg.Pool
) -> list[tuple[int, int]]:
    sizes = []
    async for step, field, value in person.forms(database):
        sizes.append(await _weigh(connection, person, f"/signup/{step}"))
        reply = await connection.ask(person.post(f"/signup/{step}", field, value))
        person.goes_on(reply.head)
    return sizes


async def _weigh(connection: Connection, person: Visitor, path: str) -> tuple[int, int]:
    page = await connection.ask(person.get(path))
    plain = await connection.ask(person.get(path).replace(GZIP, b"dnt: 1"))
    loaded = [
        await connection.ask(get(url.decode(), GZIP))
        for url in dict.fromkeys(LOADED.findall(plain.body))
    ]
    fragment = await connection.ask(person.get(path, b"hx-request: true"))
    return page.size + sum(reply.size for reply in loaded), fragment.size


def _figure(name: str, size: float, most: float) -> Figure:
    return Figure(name, f"{size:.1f} KiB", "", size, most, "KiB", most=True)
