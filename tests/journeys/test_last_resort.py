"""The page that needs neither template nor store, as scripts meet it."""

from functools import partial

import pytest
from playwright.async_api import Route

from app.dev.rendering import find_language
from app.domain.i18n import reading
from app.web.errors import WORDS, LastResort
from app.web.middleware import RESELECT, last_resort_csp
from tests.journeys.conftest import ACME, Both
from tests.journeys.gallery import templates
from tests.journeys.test_scripts import HERE, STILL_HERE
from tests.journeys.visitor import Visitor

PAPER = {  # of each brand, by the language that is read under it
    "en": {"light": "rgb(239, 242, 239)", "dark": "rgb(14, 21, 19)"},
    "de": {"light": "rgb(244, 243, 249)", "dark": "rgb(17, 15, 28)"},
}


@pytest.mark.parametrize("status", [500, 503])
async def test_the_page_of_last_resort_is_shown_too(both: Both, status: int) -> None:
    """A deadline that passed, or a crash of the error page."""

    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await visitor.open("/signup/phone")
        await page.evaluate(HERE)
        await page.route("**/signup/phone", partial(_given_up, visitor, status))
        look = await visitor.press("Text me a code", phone=visitor.phone)
        assert (look.title, look.heading) == (str(WORDS[status][0]),) * 2
        assert look.alert == ""
        assert await page.evaluate(STILL_HERE)
        assert [await page.locator(what).count() for what in ("main", "#main", "#live")] == [1] * 3
        assert await page.get_by_role("link", name=visitor.say("Try again")).is_visible()
        visitor.troubles.clear()  # the browser's word on the status

    await both(journey)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_opened_by_itself_it_is_dressed_and_fits(both: Both, scheme: str) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.route("**/signup/phone", partial(_given_up, visitor, 503))
        await page.goto(f"{visitor.product.url}/signup/phone")
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320
        link = page.get_by_role("link", name=visitor.say("Go to the home page"))
        assert (await link.bounding_box() or {})["height"] >= 44
        paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == PAPER[visitor.language][scheme]
        visitor.troubles.clear()  # as above
        await link.click()
        await page.wait_for_url("**/")

    await both(journey, viewport={"width": 320, "height": 640}, color_scheme=scheme)


async def _given_up(visitor: Visitor, status: int, route: Route) -> None:
    """As the server sends it."""
    pages, languages = templates(ACME if visitor.language == "de" else None)
    with reading(find_language(languages, visitor.language)):
        body = LastResort(pages.brand).render(status, "0123456789abcdef")
    name, selector = (each.decode() for each in RESELECT)
    csp = last_resort_csp(body.decode())
    headers = {"content-type": "text/html", "content-security-policy": csp}
    await route.fulfill(status=status, body=body, headers=headers | {name: selector})
