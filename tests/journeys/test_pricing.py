"""Prices in a browser: there at once or soon, with scripts and without, and never in the way."""

import asyncio
import re
from functools import cache

import pytest
from babel.numbers import format_currency
from playwright.async_api import Route

from app.dev.rendering import find_language
from app.domain.i18n import reading
from tests.journeys.conftest import ACME, BRANDS, At, Both, Visit, Walk
from tests.journeys.gallery import templates
from tests.journeys.visitor import Visitor
from tests.price_list import publish_prices

SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""
HTML = "text/html; charset=utf-8"
SLOW = 9.5  # seconds until the page says that it takes long, and some


@pytest.fixture(scope="module", autouse=True)
def priced(anywhere: At) -> None:
    for brand in BRANDS:
        publish_prices(anywhere(brand))


async def seen(visitor: Visitor, amount: int, currency: str) -> bool:
    price = format_currency(amount, currency, locale=visitor.language)
    words = visitor.tab.page.get_by_text(f"{price} {currency}", exact=True)
    return await words.first.is_visible()


async def test_the_home_page_has_the_prices_in_its_first_answer(each_way: Visit) -> None:
    visitor = await each_way()
    page = visitor.tab.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await visitor.open("/")
    assert await seen(visitor, 29, "USD")
    assert not await page.locator(".bones, .slow").count()
    assert not [url for url in asked if "/pricing" in url and "/static/" not in url]
    await page.get_by_role("link", name="JPY").first.click()
    await page.wait_for_url("**/pricing?period=month&currency=JPY&chosen=yes")


@cache
def waiting_home(language: str) -> str:
    """As a process answers that has only just started and knows no prices yet."""
    pages, languages = templates(ACME if language == "de" else None)
    shell = "_shell/document.html"
    with reading(find_language(languages, language)):
        template = pages.get("home/home.html")
        return template.render({"shell": shell, "notice": None, "offers": None, "query": ""})


async def open_waiting(visitor: Visitor) -> None:
    page, home = visitor.tab.page, f"{visitor.product.url}/"
    body = waiting_home(visitor.language)
    await page.route(home, lambda route: route.fulfill(body=body, content_type=HTML))
    await page.goto(home)


async def test_a_process_without_prices_shows_them_as_soon_as_it_has_some(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await open_waiting(visitor)
        await page.wait_for_selector(".offers")
        assert await seen(visitor, 29, "USD")
        news = await page.locator("#prices-news").inner_text()
        assert news == visitor.say("Prices are shown.")
        assert await page.evaluate("location.pathname") == "/"

    await both(journey)


async def test_without_scripts_it_leads_to_them(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page, parts = visitor.tab.page, (".bones", ".slow")
        await open_waiting(visitor)
        assert [await page.locator(part).is_visible() for part in parts] == [False] * 2
        await visitor.follow("See the prices")
        assert page.url.endswith("/pricing")
        assert await seen(visitor, 29, "USD")

    await both(journey, java_script_enabled=False)


@pytest.mark.parametrize("width", [320, 768, 1280])
async def test_nothing_moves_when_they_come(both: Both, width: int) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.add_init_script(SHIFTS)
        await page.route("**/pricing/plans", lambda route: late(route, 0.7))
        await open_waiting(visitor)
        await page.evaluate("document.querySelector('#prices').scrollIntoView()")
        await page.wait_for_selector(".offers")
        await asyncio.sleep(0.2)
        assert await page.evaluate("window.shifted") <= 0.02

    await both(journey, viewport={"width": width, "height": 900})


async def late(route: Route, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await route.continue_()


async def test_where_they_do_not_come_the_page_says_so(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.route("**/pricing/plans", lambda route: asyncio.sleep(30))
        await open_waiting(visitor)
        slow = page.get_by_text(visitor.say("This is taking longer than usual."))
        assert not await slow.is_visible()
        await asyncio.sleep(SLOW)
        assert await slow.is_visible()
        own_page = visitor.say("See the prices on their own page")
        await page.get_by_role("link", name=own_page).click()
        await page.wait_for_url("**/pricing")
        await page.unroute_all(behavior="ignoreErrors")

    await both(journey)


async def test_month_and_year_are_chosen_without_a_request(each_way: Visit) -> None:
    visitor = await each_way()
    await visitor.open("/pricing")
    asked: list[str] = []
    visitor.tab.page.on("request", lambda request: asked.append(request.url))
    await visitor.tab.page.get_by_text(visitor.say("Yearly"), exact=True).first.click()
    assert await seen(visitor, 290, "USD")
    assert not await seen(visitor, 29, "USD")
    assert asked == []


async def test_a_currency_has_its_own_address(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/pricing?period=year")
        await visitor.follow("JPY")
        assert visitor.tab.page.url.endswith("/pricing?period=year&currency=JPY&chosen=yes")
        assert await seen(visitor, 44_000, "JPY")

    await both(journey, java_script_enabled=False)


async def test_another_currency_keeps_the_year(each_way: Visit) -> None:
    visitor = await each_way()
    await visitor.open("/pricing?currency=USD")
    page = visitor.tab.page
    await page.get_by_text(visitor.say("Yearly"), exact=True).first.click()
    assert await page.get_by_role("navigation", name=visitor.say("Currency")).count() == 1
    await page.get_by_role("link", name="JPY").click()
    await page.wait_for_url("**/pricing?period=year&currency=JPY&chosen=yes")
    assert await seen(visitor, 44_000, "JPY")


async def test_a_plan_chosen_there_is_the_accounts(walk: Walk) -> None:
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

    await walk(journey)


async def test_the_page_of_prices_greets_with_the_choice(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup?plan=team")
        await visitor.open("/pricing")
        words = visitor.say("Your plan")
        await visitor.tab.page.wait_for_selector(f"#chosen:has-text('{words}: Team')")

    await both(journey)
