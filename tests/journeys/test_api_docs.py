"""The page of the API in a real browser: with and without scripts."""

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.looking import SMALL
from tests.journeys.test_accessibility import large_text, layout_problems


@pytest.mark.parametrize("path", ["/api/docs", "/problems"])
async def test_the_page_fits_a_small_phone(visit: Visit, path: str) -> None:
    visitor = await visit(viewport=SMALL)
    await visitor.tab.open(path)
    assert await layout_problems(visitor.tab.page) == []
    assert await large_text(visitor.tab.page) == []


async def test_a_call_is_found_from_the_list_without_scripts(visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    page = visitor.tab.page
    await visitor.tab.open("/api/docs")
    await page.click("nav a[href='#post_tokens_refresh']")
    assert page.url.endswith("/api/docs#post_tokens_refresh")
    assert await page.locator("#post_tokens_refresh").is_visible()
    await page.click("main a[href='/api/openapi.json']")
    assert "openapi" in await page.inner_text("body")
