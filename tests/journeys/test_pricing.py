"""Prices in a browser: there at once or soon, with scripts and without, and never in the way."""

import asyncio
import re

import pytest
from playwright.async_api import Page, Route

from app.main import STATIC
from app.web.assets import Assets
from app.web.templates import Templates
from tests.journeys.conftest import Visit, Walk
from tests.journeys.visitor import Visitor
from tests.price_list import publish_prices
from tests.product import Product

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""
HTML = "text/html; charset=utf-8"
SLOW = 9.5  # seconds until the page says that it takes long, and some


@pytest.fixture(scope="module")
def priced(product: Product) -> Product:
    publish_prices(product)
    return product


async def seen(page: Page, words: str) -> bool:
    return await page.get_by_text(words, exact=True).first.is_visible()


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_home_page_has_the_prices_in_its_first_answer(
    priced: Product, visit: Visit, scripts: bool
) -> None:
    visitor = await visit(java_script_enabled=scripts)
    page = visitor.tab.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await visitor.open("/")
    assert await seen(page, "$29.00 USD")
    assert not await page.locator(".bones, .slow").count()
    assert not [url for url in asked if "/pricing" in url and "/static/" not in url]
    await page.get_by_role("link", name="JPY").first.click()
    await page.wait_for_url("**/pricing?period=month&currency=JPY&chosen=yes")


def waiting_home() -> str:
    """As a process answers that has only just started and knows no prices yet."""
    pages = Templates(Assets(STATIC, live=False), live=False)
    template = pages.get("home/home.html")
    shell = "_shell/document.html"
    return template.render({"shell": shell, "notice": None, "offers": None, "query": ""})


async def open_waiting(page: Page, home: str) -> None:
    await page.route(home, lambda route: route.fulfill(body=waiting_home(), content_type=HTML))
    await page.goto(home)


async def test_a_process_without_prices_shows_them_as_soon_as_it_has_some(
    priced: Product, visit: Visit
) -> None:
    visitor = await visit()
    page = visitor.tab.page
    await open_waiting(page, f"{priced.url}/")
    await page.wait_for_selector(".offers")
    assert await seen(page, "$29.00 USD")
    assert await page.locator("#prices-news").inner_text() == "Prices are shown."
    assert await page.evaluate("location.pathname") == "/"


async def test_without_scripts_it_leads_to_them(priced: Product, visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    page = visitor.tab.page
    await open_waiting(page, f"{priced.url}/")
    assert [await page.locator(part).is_visible() for part in (".bones", ".slow")] == [False] * 2
    await visitor.follow("See the prices")
    assert page.url.endswith("/pricing")
    assert await seen(page, "$29.00 USD")


@pytest.mark.parametrize("width", [320, 768, 1280])
async def test_nothing_moves_when_they_come(priced: Product, visit: Visit, width: int) -> None:
    visitor = await visit(viewport={"width": width, "height": 900})
    page = visitor.tab.page
    await page.add_init_script(SHIFTS)
    await page.route("**/pricing/plans", lambda route: late(route, 0.7))
    await open_waiting(page, f"{priced.url}/")
    await page.evaluate("document.querySelector('#prices').scrollIntoView()")
    await page.wait_for_selector(".offers")
    await asyncio.sleep(0.2)
    assert await page.evaluate("window.shifted") <= 0.02


async def late(route: Route, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await route.continue_()


async def test_where_they_do_not_come_the_page_says_so(priced: Product, visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    await page.route("**/pricing/plans", lambda route: asyncio.sleep(30))
    await open_waiting(page, f"{priced.url}/")
    slow = page.get_by_text("This is taking longer than usual.")
    assert not await slow.is_visible()
    await asyncio.sleep(SLOW)
    assert await slow.is_visible()
    await page.get_by_role("link", name="See the prices on their own page").click()
    await page.wait_for_url("**/pricing")
    await page.unroute_all(behavior="ignoreErrors")


@pytest.mark.parametrize("scripts", [True, False])
async def test_month_and_year_are_chosen_without_a_request(
    priced: Product, visit: Visit, scripts: bool
) -> None:
    visitor = await visit(java_script_enabled=scripts)
    await visitor.open("/pricing")
    asked: list[str] = []
    visitor.tab.page.on("request", lambda request: asked.append(request.url))
    await visitor.tab.page.get_by_text("Yearly", exact=True).first.click()
    assert await seen(visitor.tab.page, "$290.00 USD")
    assert not await seen(visitor.tab.page, "$29.00 USD")
    assert asked == []


async def test_a_currency_has_its_own_address(priced: Product, visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    await visitor.open("/pricing?period=year")
    await visitor.follow("JPY")
    assert visitor.tab.page.url.endswith("/pricing?period=year&currency=JPY&chosen=yes")
    assert await seen(visitor.tab.page, "¥44,000 JPY")


@pytest.mark.parametrize("scripts", [True, False])
async def test_another_currency_keeps_the_year(
    priced: Product, visit: Visit, scripts: bool
) -> None:
    visitor = await visit(java_script_enabled=scripts)
    await visitor.open("/pricing?currency=USD")
    page = visitor.tab.page
    await page.get_by_text("Yearly", exact=True).first.click()
    assert await page.get_by_role("navigation", name="Currency").count() == 1
    await page.get_by_role("link", name="JPY").click()
    await page.wait_for_url("**/pricing?period=year&currency=JPY&chosen=yes")
    assert await seen(page, "¥44,000 JPY")


async def test_a_plan_chosen_there_is_the_accounts(priced: Product, walk: Walk) -> None:
    chosen = re.compile(r"Team, (€27\.00|27,00\s€) ")  # in English and in German

    async def journey(visitor: Visitor) -> None:
        await visitor.open("/pricing?currency=EUR")
        await visitor.follow("Choose Team")
        for give in (visitor.give_phone, visitor.give_phone_code, visitor.give_email):
            await give()
            assert await visitor.tab.page.get_by_text(chosen).count()
        await visitor.give_email_code()
        await visitor.give_password()
        await visitor.open("/account")
        assert await visitor.tab.page.get_by_text(chosen).count()

    await walk(journey, at=priced)


async def test_the_page_of_prices_greets_with_the_choice(priced: Product, visit: Visit) -> None:
    visitor = await visit()
    await visitor.open("/signup?plan=team")
    await visitor.open("/pricing")
    await visitor.tab.page.wait_for_selector("#chosen:has-text('Your plan: Team')")
