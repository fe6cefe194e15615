"""The page of the API in a real browser: with and without scripts."""

import pytest

from tests.journeys.conftest import Both
from tests.journeys.looking import SMALL
from tests.journeys.test_accessibility import large_text, layout_problems
from tests.journeys.visitor import Visitor


@pytest.mark.parametrize("path", ["/api/docs", "/problems"])
async def test_the_page_fits_a_small_phone(both: Both, path: str) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.goto(visitor.tab.url + path)
        assert await layout_problems(page) == []
        assert await large_text(page) == []

    await both(journey, viewport=SMALL)


async def test_a_call_is_found_from_the_list_without_scripts(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.goto(f"{visitor.tab.url}/api/docs")
        await page.click("nav a[href='#post_tokens_refresh']")
        assert page.url.endswith("/api/docs#post_tokens_refresh")
        assert await page.locator("#post_tokens_refresh").is_visible()
        await page.click("main a[href='/api/openapi.json']")
        assert "openapi" in await page.inner_text("body")

    await both(journey, java_script_enabled=False)
