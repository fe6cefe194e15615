"""A real Chromium for each test process, and people who use it, with scripts and without. What was
started for these tests ends with them: also a product that nobody asks takes a hundredth of a core.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser_setup import MISSING, browser
from tests.journeys.tab import Tab, watch
from tests.journeys.visitor import Noted, Visitor
from tests.journeys.words import Words
from tests.product import GENEROUS, Product
from tests.stores import Stores

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Visitors share a process, whose start costs more than a page; each has a context of its own.
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
]
# The first text again after a second, the second one not before ten minutes.
STRICT = GENEROUS.replace(
    "texts_per_number = { windows", "texts_per_number = { waits = [1, 600], windows"
)

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples/brand-acme"

# What a deployment says of its brand: ours has nothing to say.
BRANDS: dict[str, dict[str, str]] = {
    "ours": {},
    "acme": {"BRAND_DIR": str(ACME), "BRAND_NAME": "Acme"},
}

# The same product under each of the brands, started when it is first asked for.
At = Callable[[str], Product]
Visit = Callable[..., Awaitable[Visitor]]
Journey = Callable[[Visitor], Awaitable[None]]
Walk = Callable[..., Awaitable[list[Noted]]]
Both = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture(scope="package")
async def chromium() -> AsyncIterator[Browser]:
    program = browser()
    assert program, MISSING
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture(scope="package")
def strict(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    """A product that makes people wait before they get another text."""
    memories = {"ours": 2, "acme": 4}
    with ExitStack() as stack:

        @cache
        def start(brand: str) -> Product:
            folder, url = tmp_path_factory.mktemp("strict"), stores.new_database()
            redis_url = f"{stores.redis_url}?db={memories[brand]}"
            one = Product(folder, url, redis_url, limits=STRICT, **BRANDS[brand])
            return stack.enter_context(one)

        yield start


@pytest.fixture(scope="module")
def with_settings(stores: Stores, products_of_module: Callable[..., Product]) -> Callable[..., At]:
    """A product with settings of a module's own, under each of the brands."""
    stores.valkey_flush(1)
    return lambda **settings: lambda brand: products_of_module(**settings, **BRANDS[brand])


@pytest.fixture(scope="package")
def german() -> Words:
    return Words("de", "Acme", *ACME.glob("words/de.po"), ROOT / "locales/de/messages.po")


@pytest.fixture(scope="package")
def acme(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """The same product under another brand."""
    with Product(
        tmp_path_factory.mktemp("acme"),
        stores.new_database(),
        f"{stores.redis_url}?db=3",
        limits=GENEROUS,
        **BRANDS["acme"],
    ) as one:
        yield one


@pytest.fixture(scope="package")
def anywhere(product: Product, acme: Product) -> At:
    """The product of all journeys that need no settings of their own."""
    return {"ours": product, "acme": acme}.__getitem__


@pytest.fixture
async def visit(chromium: Browser, anywhere: At) -> AsyncIterator[Visit]:
    """Makes visitors with a fresh browser each; at the end none of them may have complained. Who
    reads another language does so under another brand.
    """
    async with AsyncExitStack() as stack:
        troubles: list[list[str]] = []

        async def make(at: At = anywhere, words: Words | None = None, **options: Any) -> Visitor:
            # What starts a product waits for it, and has an event loop of its own.
            product = await asyncio.to_thread(at, "acme" if words else "ours")
            # A language without its country: which one a number is from is as in English.
            locale = {"locale": words.locale} if words else {}
            context: BrowserContext = await chromium.new_context(**locale | options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(15_000)
            troubles.append(await watch(context))
            tab = Tab(await context.new_page(), product.url, words)
            return Visitor(tab, product, troubles[-1], words)

        yield make
        assert not any(troubles), troubles


@pytest.fixture(params=["scripts", "no scripts", "German"])
def each_way(visit: Visit, german: Words, request: pytest.FixtureRequest) -> Visit:
    """Makes a visitor with scripts, without, or in German under another brand, for journeys in
    which it is not compared what each page shows. `at` is the product they go to instead.
    """
    ways: dict[str, dict[str, Any]] = {
        "scripts": {},
        "no scripts": {"java_script_enabled": False},
        "German": {"words": german},
    }
    return lambda **options: visit(**ways[request.param] | options)


@pytest.fixture
def both(visit: Visit, german: Words) -> Both:
    """Goes a journey in English and in German under another brand at the same time, for what only
    scripts do or what is awaited: the second costs little where the first one waits.
    """

    async def go(journey: Journey, **options: Any) -> None:
        visitors = [await visit(**options), await visit(words=german, **options)]
        async with asyncio.TaskGroup() as group:
            for visitor in visitors:
                group.create_task(journey(visitor))

    return go


@pytest.fixture
def walk(visit: Visit, german: Words) -> Walk:
    """Goes a journey with scripts and without, and once more in German under another brand. All of
    them must show and send the same at each step.
    """

    async def all_three(journey: Journey, **options: Any) -> list[Noted]:
        visitors = [
            await visit(**options),
            await visit(java_script_enabled=False, **options),
            await visit(words=german, **options),
        ]
        for visitor in visitors:
            await journey(visitor)
        first, *others = (visitor.notes for visitor in visitors)
        for notes in others:
            for one, other in zip(first, notes, strict=True):
                assert one == other
        return list(first)

    return all_three
