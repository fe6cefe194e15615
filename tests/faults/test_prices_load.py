"""Prices under load, with two processes: one query each, and one version in each answer."""

import asyncio
from collections.abc import Iterator
from time import monotonic

import httpx
import pytest

from app.domain.pricing.money import display
from tests.faults.staged import ask
from tests.price_files import catalogue
from tests.product import NO_TLS, Product
from tests.shop import publish_in, published_in
from tests.shown_prices import API, HTMX, PLANS, Told
from tests.stores import Stores

VERSIONS = 6
Shown = dict[tuple[str, str], str]


def nth(number: int) -> list[tuple[str, str]]:
    """All prices in dollars change together."""
    return [
        ("9.50", f"{number}"),
        ("USD = 95\n", f"USD = {number * 10}\n"),
        ("USD = 90\n", f"USD = {number * 20}\n"),
        ("USD = 1080\n", f"USD = {number * 200}\n"),
    ]


def shown(number: int) -> Shown:
    return {
        (plan.name, interval.value): display(amounts["USD"], "USD")
        for plan in catalogue(*nth(number)).plans
        for interval, amounts in plan.prices.items()
    }


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    """Of a database that writes down all statements."""
    stores.valkey_flush(8)
    url = stores.new_database()
    database = url.split("/")[3].split("?")[0]
    ask(url, f"ALTER DATABASE {database} SET log_statement = 'all'")
    published_in(url, *nth(1))
    return url


@pytest.fixture(scope="module")
def read_before(stores: Stores) -> int:
    return catalogues_read(stores)


def catalogues_read(stores: Stores) -> int:
    """How often, by what PostgreSQL wrote down."""
    return stores.postgres.log.read_text().count("WITH now_and_later")


@pytest.fixture(scope="module")
def served(
    stores: Stores, url: str, read_before: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("load"), url, f"{stores.redis_url}?db=8")
    try:
        yield product.start("--workers", "2")
    finally:
        product.close()


def strangers(served: Product) -> httpx.AsyncClient:
    """Each request on a connection of its own, which either process may take."""
    alone = httpx.Limits(max_connections=200, max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=served.url, timeout=20, verify=NO_TLS, limits=alone)


async def fragments(served: Product, times: int) -> list[Told]:
    async with strangers(served) as client:
        asked = (client.get(PLANS, headers=HTMX) for _ in range(times))
        return [Told(answer) for answer in await asyncio.gather(*asked)]


async def test_two_hundred_at_a_cold_start_are_one_query_a_process(
    stores: Stores, read_before: int, served: Product
) -> None:
    seen = await fragments(served, 200)
    assert [each.answer.status_code for each in seen] == [200] * 200
    assert all(each.visible == shown(1) for each in seen)
    assert catalogues_read(stores) - read_before in (1, 2), "the second may be told by Redis"


async def test_all_processes_see_what_is_published_within_two_seconds(
    served: Product, url: str
) -> None:
    await publish_in(url, *nth(2))
    asked = published = monotonic()
    while any(each.visible != shown(2) for each in await fragments(served, 40)):
        assert asked - published < 3, "two, and a busy machine"
        asked = monotonic()


async def test_each_answer_is_of_one_version_while_more_are_published(
    served: Product, url: str
) -> None:
    answers: list[httpx.Response] = []
    published = asyncio.Event()

    async def read(path: str) -> None:
        async with strangers(served) as client:
            while not published.is_set():
                answers.append(await client.get(path, headers=HTMX))

    readers = [asyncio.create_task(read(p)) for p in (PLANS, "/pricing", API) for _ in range(3)]
    for number in range(3, 3 + VERSIONS):
        await publish_in(url, *nth(number))
        await asyncio.sleep(0.5)
    published.set()
    await asyncio.gather(*readers)
    assert {answer.status_code for answer in answers} == {200}
    whole(answers)


def whole(answers: list[httpx.Response]) -> None:
    """Every answer shows prices of one version; several were seen, and more than once."""
    known = [shown(number) for number in range(1, 3 + VERSIONS)]
    pages = [Told(each).visible for each in answers if not each.url.path.startswith("/api")]
    assert all(page in known for page in pages)
    told = [each.json()["plans"] for each in answers if each.url.path.startswith("/api")]
    assert all(
        large["price"]["amount_minor"] == 20 * small["price"]["amount_minor"]
        for small, large in told
    )
    assert len({frozenset(page.items()) for page in pages}) > 2
    assert len(told) > VERSIONS
