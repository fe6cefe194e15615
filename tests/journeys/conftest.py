"""A real Chromium for each test process, and people who use it, with scripts and without."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.browser_setup import MISSING, browser
from tests.journeys.tab import Tab, watch
from tests.journeys.visitor import Noted, Visitor
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

Visit = Callable[..., Awaitable[Visitor]]
Journey = Callable[[Visitor], Awaitable[None]]
Walk = Callable[..., Awaitable[list[Noted]]]


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    program = browser()
    assert program, MISSING
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture(scope="session")
def strict(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that makes people wait before they get another text."""
    one = Product(
        tmp_path_factory.mktemp("strict"),
        stores.new_database(),
        f"{stores.redis_url}?db=2",
        limits=STRICT,
    )
    try:
        yield one.start()
    finally:
        one.close()


@pytest.fixture
async def visit(chromium: Browser, product: Product) -> AsyncIterator[Visit]:
    """Makes visitors with a fresh browser each; at the end none of them may have complained."""
    async with AsyncExitStack() as stack:
        troubles: list[list[str]] = []

        async def make(at: Product = product, **options: Any) -> Visitor:
            context: BrowserContext = await chromium.new_context(**options)
            stack.push_async_callback(context.close)
            context.set_default_timeout(15_000)
            troubles.append(await watch(context))
            return Visitor(Tab(await context.new_page(), at.url), at, troubles[-1])

        yield make
        assert not any(troubles), troubles


@pytest.fixture
def walk(visit: Visit) -> Walk:
    """Goes a journey with scripts and without, which must show and send the same at each step."""

    async def both(journey: Journey, **options: Any) -> list[Noted]:
        with_scripts, without = (
            await visit(**options),
            await visit(java_script_enabled=False, **options),
        )
        await journey(with_scripts)
        await journey(without)
        for one, other in zip(with_scripts.notes, without.notes, strict=True):
            assert one == other
        return list(with_scripts.notes)

    return both
