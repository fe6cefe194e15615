"""Every screen in every state, by axe-core and by measure: nobody is shut out."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.journeys.conftest import Visit
from tests.journeys.screens import GROUPS, Group
from tests.product import Product

AXE = (Path(__file__).parents[1] / "vendor/axe-core/axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (runOnly) => {
  const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}"""
# What sticks out to a side, unless it is in a region that scrolls.
CUT = """() => [...document.querySelectorAll('body *')]
  .filter((part) => !part.closest('.scroll, .unseen, .skip, svg, template'))
  .filter((part) => {
    const { left, right } = part.getBoundingClientRect();
    return right > innerWidth + 0.5 || left < -0.5;
  })
  .map((part) => `cut: ${part.outerHTML.slice(0, 80)}`)"""
# What a page is made of is the same at every width; how it lies there is not.
LAID_OUT = ["color-contrast", "target-size", "scrollable-region-focusable", "region"]
WIDTHS = {320: TAGS, 1280: LAID_OUT}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
async def test_no_screen_has_an_accessibility_problem(
    visit: Visit, strict: Product, group: Group
) -> None:
    visitor = await visit(at=strict)
    found = {}
    async for state in group(visitor):
        for width, rules in WIDTHS.items():
            await visitor.tab.page.set_viewport_size({"width": width, "height": 640})
            found[f"{state}, {width} px"] = await problems(visitor.tab.page, rules)
        found[f"{state}, from right to left"] = await mirrored(visitor.tab.page)
    assert {name: what for name, what in found.items() if what} == {}


async def problems(page: Page, rules: list[str]) -> list[str]:
    """Of all rules only the one about contrast can tell light from dark."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE)
    await page.emulate_media(color_scheme="light")
    found = [f"light: {what}" for what in await page.evaluate(RUN_AXE, rules)]
    await page.emulate_media(color_scheme="dark")
    found += [f"dark: {what}" for what in await page.evaluate(RUN_AXE, ["color-contrast"])]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("scrolls sideways")
    return [*found, *await page.evaluate(CUT)]


async def mirrored(page: Page) -> list[str]:
    """As the page would lie in a language that is written from right to left."""
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate("document.documentElement.dir = 'rtl'")
    found = [*await page.evaluate(RUN_AXE, LAID_OUT), *await page.evaluate(CUT)]
    await page.evaluate("document.documentElement.dir = 'ltr'")
    return found
