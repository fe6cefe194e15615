"""Every screen in every state, by axe-core and by measure: nobody is shut out."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.journeys.conftest import Visit
from tests.journeys.screens import GROUPS, Group
from tests.product import Product

AXE = (Path(__file__).parents[1] / "vendor/axe-core/axe.min.js").read_text()
# Told to the browser once, and run where it is needed: it is half a megabyte.
LOAD_AXE = f"window.loadAxe = () => {{ {AXE}\n}};"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async (runOnly) => {
  window.axe ?? loadAxe();
  const told = { selectors: false, resultTypes: ['violations', 'incomplete'] };
  const { violations, incomplete } = await axe.run({ runOnly, ...told });
  const unsure = incomplete.filter(({ id }) => id === 'color-contrast');
  return [...violations, ...unsure].map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}"""
# What sticks out to a side, unless it is in a region that scrolls.
CUT = """() => [...document.querySelectorAll('body *')]
  .filter((part) => !part.closest('.scroll, .unseen, .skip, svg, template'))
  .filter((part) => {
    const { left, right } = part.getBoundingClientRect();
    return right > innerWidth + 0.5 || left < -0.5;
  })
  .map((part) => `cut: ${part.outerHTML.slice(0, 80)}`)"""
# Controls and lines of text that leave their container, and what touches a control beside it. What
# is in a region that scrolls may be wider.
MISPLACED = """() => {
  const apart = ({ left, right, top, bottom }, other) =>
    right + 3 < other.left || other.right + 3 < left || bottom <= other.top || other.bottom <= top;
  const name = (part) => part.outerHTML.slice(0, 80);
  const away = '.scroll, .unseen, .skip, svg, template, [aria-hidden], script, style';
  const seen = (part) => !part.closest(away) && part.checkVisibility({ visibilityProperty: true });
  const found = [], lines = [];
  const inside = (rect, part) => {
    if (rect.width < 2) return;
    const { left, right } = part.closest('.sheet, .offer, .hero > div, main, body')
      .getBoundingClientRect();
    if (rect.left < Math.max(left, 0) - .5 || rect.right > Math.min(right, innerWidth) + .5)
      found.push(`cut: ${name(part)}`);
  };
  const controls = [...document.querySelectorAll('a, button, input:not([type=hidden]), select')]
    .filter(seen);
  for (const part of controls) for (const rect of part.getClientRects()) inside(rect, part);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    const part = text.parentElement;
    if (!text.data.trim() || !seen(part)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    for (const rect of range.getClientRects()) {
      inside(rect, part);
      lines.push([part, rect]);
    }
  }
  for (const part of controls.filter((one) => one.closest('.summary'))) {
    const box = part.getBoundingClientRect();
    for (const [other, rect] of lines)
      if (!part.contains(other) && !apart(box, rect)) found.push(`touches: ${name(other)}`);
  }
  return [...new Set(found)];
}"""
# What a page is made of is the same at every width; how it lies there is not.
LAID_OUT = ["color-contrast", "target-size", "scrollable-region-focusable", "region"]
WIDTHS = {320: TAGS, 390: [], 768: [], 1280: LAID_OUT}
LARGE_TEXT = "document.documentElement.style.fontSize = '200%'"
NORMAL_TEXT = "document.documentElement.style.fontSize = ''"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
async def test_no_screen_has_an_accessibility_problem(
    visit: Visit, strict: Product, group: Group
) -> None:
    visitor = await visit(at=strict)
    await visitor.tab.page.add_init_script(LOAD_AXE)
    found = {}
    async for state in group(visitor):
        for width, rules in WIDTHS.items():
            await visitor.tab.page.set_viewport_size({"width": width, "height": 640})
            found[f"{state}, {width} px"] = await problems(visitor.tab.page, rules)
            found[f"{state}, {width} px, large text"] = await large_text(visitor.tab.page)
        found[f"{state}, from right to left"] = await mirrored(visitor.tab.page)
    assert {name: what for name, what in found.items() if what} == {}


async def problems(page: Page, rules: list[str]) -> list[str]:
    """Of all rules only the one about contrast can tell light from dark."""
    found = []
    if rules:
        await page.emulate_media(color_scheme="light")
        found += [f"light: {what}" for what in await page.evaluate(RUN_AXE, rules)]
        await page.emulate_media(color_scheme="dark")
        found += [f"dark: {what}" for what in await page.evaluate(RUN_AXE, ["color-contrast"])]
    return [*found, *await layout_problems(page)]


async def layout_problems(page: Page) -> list[str]:
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    found = {*await page.evaluate(CUT), *await page.evaluate(MISPLACED)}
    return [*["scrolls sideways"] * wide, *sorted(found)]


async def large_text(page: Page) -> list[str]:
    """At twice the size, as a browser's setting makes it."""
    await page.evaluate(LARGE_TEXT)
    found = await layout_problems(page)
    await page.evaluate(NORMAL_TEXT)
    return found


async def mirrored(page: Page) -> list[str]:
    """As the page would lie in a language that is written from right to left."""
    await page.set_viewport_size({"width": 320, "height": 640})
    await page.evaluate("document.documentElement.dir = 'rtl'")
    found = [*await page.evaluate(RUN_AXE, LAID_OUT), *await layout_problems(page)]
    await page.evaluate("document.documentElement.dir = 'ltr'")
    return found
