"""Every page in every language: nothing sticks out on a small phone with large text."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser

from app.domain.languages import CATALOGUES
from tests.journeys.conftest import Visit
from tests.journeys.test_accessibility import (
    LOAD_AXE,
    RUN_AXE,
    TAGS,
    large_text,
    layout_problems,
)
from tests.person import Person
from tests.product import Product

LONGER = "en-XA"  # of nobody: English with accents, 40 % longer
LANGUAGES = [*CATALOGUES[1:], LONGER]
SMALL = {"width": 320, "height": 640}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_fits_a_small_phone_with_large_text(
    chromium: Browser, product: Product, language: str
) -> None:
    """Each language has a share of the pages looked at by axe too, so that all of them are."""
    page = await chromium.new_page(viewport=SMALL)
    await page.add_init_script(LOAD_AXE)
    found = {}
    for number, (name, address) in enumerate(await pages(product, language)):
        await page.goto(product.url + address)
        found[name] = [*await layout_problems(page), *await large_text(page)]
        if number % len(LANGUAGES) == LANGUAGES.index(language):
            found[name] += await page.evaluate(RUN_AXE, TAGS)
    await page.close()
    assert len(found) > 30
    assert {name: what for name, what in found.items() if what} == {}


async def pages(product: Product, language: str) -> list[tuple[str, str]]:
    """Of each template the example that says the most, with its address."""
    path = f"/dev/gallery.json?language={language}"
    seen = await asyncio.to_thread(Person(product).get, path)
    listed: dict[str, Any] = seen.response.json()
    last = {
        each["template"]: (f"{each['template']}: {each['state']}", each["address"])
        for each in listed["examples"]
        if each["kind"] == "page"
    }
    return [*last.values()]


@pytest.mark.parametrize("scripts", [True, False])
async def test_what_was_typed_is_kept_in_another_language(visit: Visit, scripts: bool) -> None:
    """Also after another page has come into the one whose foot it is."""
    visitor = await visit(java_script_enabled=scripts)
    page = visitor.tab.page
    await visitor.tab.open("/login/phone")
    await visitor.tab.follow("Create an account")
    await visitor.tab.type("phone", "070 174 06 81")
    await page.select_option("#country", "SE")
    await page.click(".languages summary")
    await page.click(".languages [value=de]")
    await page.wait_for_selector("html[lang=de]")
    kept = await page.eval_on_selector_all("#phone, #country", "all => all.map((one) => one.value)")
    assert (await page.inner_text("h1"), kept) == ("Konto erstellen", ["070 174 06 81", "SE"])
