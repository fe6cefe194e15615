"""What has little room: mails on a small phone, pages with large text, ways side by side."""

from itertools import pairwise

import pytest
from playwright.async_api import Browser

from app.dev.rendering import find_language
from app.domain.i18n import reading
from tests.journeys.conftest import ACME, BRANDS, At, Both
from tests.journeys.gallery import templates
from tests.journeys.visitor import Visitor
from tests.price_list import publish_prices
from tests.test_messages import CONTEXT, MAILS

SMALL = {"width": 320, "height": 640}
FAR = f"https://{CONTEXT['host']}"
LONG = CONTEXT | {"base_url": FAR, "undo_link": f"{FAR}/account/undo/{'a' * 64}"}
TWICE = "document.documentElement.style.fontSize = '200%'"
BOXES = """(what) => [...document.querySelectorAll(what)].map((part) => {
  const { left, right, top, bottom } = part.getBoundingClientRect();
  return [left, right, top, bottom];
})"""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def priced(anywhere: At) -> None:
    for brand in BRANDS:
        publish_prices(anywhere(brand))


@pytest.mark.parametrize("name", MAILS)
async def test_an_email_fits_on_a_small_phone(chromium: Browser, name: str) -> None:
    page = await chromium.new_page(viewport=SMALL)
    for language, brand in (("en", None), ("de", ACME)):
        renderer, languages = templates(brand)
        with reading(find_language(languages, language)):
            await page.set_content(renderer.render_email(name, LONG)[2])
        assert await page.evaluate(WIDTH) == 320, language
    await page.close()


@pytest.mark.parametrize("path", ["/account", "/login", "/account/sessions", "/account/activity"])
async def test_large_text_does_not_scroll_sideways(both: Both, path: str) -> None:
    async def journey(visitor: Visitor) -> None:
        await sign_up(visitor)
        await visitor.tab.open("/login?instead" if path == "/login" else path)
        await visitor.tab.page.evaluate(TWICE)
        assert await visitor.tab.page.evaluate(WIDTH) == 320

    await both(journey, viewport=SMALL)


async def sign_up(visitor: Visitor) -> None:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()


@pytest.mark.usefixtures("priced")
@pytest.mark.parametrize("path", ["/", "/pricing", "/pricing?currency=JPY&period=year"])
async def test_large_prices_do_not_scroll_sideways(both: Both, path: str) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.tab.open(path)
        await visitor.tab.page.wait_for_selector(".offers")
        await visitor.tab.page.evaluate(TWICE)
        assert await visitor.tab.page.evaluate(WIDTH) == 320

    await both(journey, viewport=SMALL)


async def test_a_whole_number_is_seen_beside_its_country(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.tab.open("/signup/phone")
        await visitor.tab.type("phone", "+44 20 7946 0018")
        assert await visitor.tab.page.evaluate("phone.scrollWidth <= phone.clientWidth")

    await both(journey, viewport={"width": 1280, "height": 640})


async def test_a_number_and_its_change_share_a_line_on_a_small_phone(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await sign_up(visitor)
        await visitor.tab.open("/account")
        number, change = await visitor.tab.page.evaluate(BOXES, ".summary > :first-child dd > *")
        assert change[2] <= number[2] < number[3] <= change[3]
        assert number[1] < change[0]

    await both(journey, viewport=SMALL)


@pytest.mark.parametrize("width", [320, 768, 1280])
async def test_the_ways_to_sign_in_are_as_wide_as_each_other(both: Both, width: int) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.tab.open("/login")
        boxes = await visitor.tab.page.evaluate(BOXES, ".ways a, main button[type=submit]")
        assert len(boxes) == 3
        assert len({(left, right) for left, right, _, _ in boxes}) == 1
        for above, below in pairwise(boxes):
            assert below[2] - above[3] >= 8

    await both(journey, viewport={"width": width, "height": 640})


@pytest.mark.usefixtures("priced")
async def test_a_currency_is_large_enough_for_a_thumb(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.tab.open("/plan")
        name = visitor.say("Currency")
        boxes = await visitor.tab.page.evaluate(BOXES, f"nav[aria-label={name}] a")
        assert len(boxes) > 2
        for left, right, top, bottom in boxes:
            assert min(right - left, bottom - top) >= 24

    await both(journey, viewport=SMALL)
