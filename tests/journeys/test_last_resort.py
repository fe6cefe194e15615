"""The page that needs neither template nor store, as scripts meet it."""

from functools import partial

import pytest
from playwright.async_api import Route

from app.web.errors import WORDS, render_last_resort
from tests.journeys.conftest import Visit
from tests.journeys.test_scripts import HERE, STILL_HERE


@pytest.mark.parametrize("status", [500, 503])
async def test_the_page_of_last_resort_is_shown_too(visit: Visit, status: int) -> None:
    """A deadline that passed, or a crash of the error page."""
    visitor = await visit()
    page = visitor.tab.page
    await visitor.open("/signup/phone")
    await page.evaluate(HERE)
    await page.route("**/signup/phone", partial(_given_up, status))
    look = await visitor.press("Text me a code", phone=visitor.phone)
    assert (look.title, look.heading) == (WORDS[status][0],) * 2
    assert look.alert == ""
    assert await page.evaluate(STILL_HERE)
    assert [await page.locator(what).count() for what in ("main", "#main", "#live")] == [1, 1, 1]
    visitor.troubles.clear()  # the browser's word on the status


async def _given_up(status: int, route: Route) -> None:
    await route.fulfill(status=status, body=render_last_resort(status), content_type="text/html")
