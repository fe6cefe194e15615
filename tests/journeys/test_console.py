"""The operators' pages in a browser: somebody is found, unlocked and signed out."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from litestar import Litestar
from playwright.async_api import Browser, Page

from tests.console.operator import TOKEN, console_at
from tests.console.test_people import Someone
from tests.journeys.conftest import BRANDS
from tests.journeys.looking import Document, Window
from tests.journeys.tab import Look, Tab, watch
from tests.journeys.test_accessibility import large_text, layout_problems, looking
from tests.stores import Stores

WIDTHS = (320, 768, 1280)
SCREENS = (
    "/console", "/console/messages", "/console/messages?region=ZZ", "/console/texts",
    "/console/texts/stop?place=zz", "/console/texts/stop?place=SE&reason=why", "/console/audit",
    "/console/audit?contact=nobody@example.org", "/console/people", "/console/people?contact=x",
    "/console/nowhere", "/console/blocks", "/console/blocks/new?target=x",
)  # fmt: skip


@asynccontextmanager
async def served(application: Litestar) -> AsyncIterator[str]:
    """Over HTTP, in this process."""
    listening = socket.create_server(("127.0.0.1", 0))
    options = {"lifespan": "off", "log_config": None, "timeout_graceful_shutdown": 1}
    server = uvicorn.Server(uvicorn.Config(application, **options))  # type: ignore[arg-type]
    running = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await running


@pytest.fixture
async def someone(stores: Stores) -> Someone:
    one = Someone(await asyncio.to_thread(stores.new_database))
    await one.make()
    return one


@pytest.fixture(params=BRANDS)
async def at(
    stores: Stores, someone: Someone, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """Under either brand in English, which is all that the console speaks."""
    redis_url, brand = f"{stores.redis_url}?db=5", BRANDS[request.param]
    async with console_at(someone.url, redis_url, **brand) as console, served(console) as url:
        yield url


@pytest.mark.parametrize(
    ("scripts", "at", "title"),
    [(True, "ours", "Today – Latchkey console"), (False, "acme", "Today – Acme console")],
    indirect=["at"],
)
async def test_a_person_is_found_unlocked_and_signed_out(
    chromium: Browser, at: str, someone: Someone, scripts: bool, title: str
) -> None:
    context = await chromium.new_context(java_script_enabled=scripts)
    troubles, tab = await watch(context), Tab(await context.new_page(), at)
    assert (await sign_in(tab)).title == title
    await tab.follow("Find a person")
    await tab.type("contact", someone.phone)
    assert (await tab.press("Find")).heading == someone.phone
    assert (await tab.follow("Unlock")).heading == f"Unlock {someone.phone}?"
    unlocked = await tab.press("Unlock")
    assert (unlocked.heading, unlocked.focus) == (someone.phone, "h1")
    assert unlocked.notice.startswith("Unlocked: 104 wrong codes")
    await tab.follow("Sign out everywhere")
    assert "Sessions that ended: 1" in (await tab.press("Sign out everywhere")).notice
    assert (await tab.press("Sign out")).heading == "Sign in to the console"
    assert [each["by"] for each in await someone.recorded("person:signed_out")] == ["Ada"]
    assert troubles == []
    await context.close()


async def sign_in(tab: Tab) -> Look:
    await tab.open("/console")
    await tab.type("operator", "Ada")
    await tab.type("token", TOKEN)
    return await tab.press("Sign in")


@pytest.mark.parametrize("at", ["ours"], indirect=True)
async def test_no_screen_has_an_accessibility_problem(
    chromium: Browser, at: str, someone: Someone
) -> None:
    context = await chromium.new_context()
    tab, found = Tab(await context.new_page(), at), {}
    contact = f"contact={someone.email}"
    own = (f"people?{contact}", f"people/unlock?{contact}", f"messages/{someone.message}")
    async with looking(chromium) as window:
        await tab.open("/console")
        found["sign in"] = await problems(tab.page, window)
        await sign_in(tab)
        for path in (*SCREENS, *(f"/console/{page}" for page in own)):
            await tab.open(path)
            found[path] = await problems(tab.page, window)
    assert {path: what for path, what in found.items() if what} == {}
    await context.close()


async def problems(page: Page, window: Window) -> list[str]:
    """By axe-core in both schemes, and of how it lies at each width."""
    found = await window.find_problems(Document.read(page.url, await page.content()))
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 640})
        found += [f"{width} px: {each}" for each in await layout_problems(page)]
    await page.set_viewport_size({"width": WIDTHS[0], "height": 640})
    found += [f"large text: {each}" for each in await large_text(page)]
    return found
