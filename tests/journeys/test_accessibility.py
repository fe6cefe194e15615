"""Every screen in every state, by axe-core and by measure: nobody is shut out."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.journeys.screens import GROUPS, Group
from tests.journeys.visitor import Visitor

AXE = (Path(__file__).parents[1] / "vendor/axe-core/axe.min.js").read_text()
RUN_AXE = """async () => {
  const only = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
  const { violations } = await axe.run({ runOnly: only, resultTypes: ['violations'] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}"""
# What sticks out to the right, unless it is in a region that scrolls.
CUT = """() => [...document.querySelectorAll('body *')]
  .filter((part) => !part.closest('.scroll, .unseen, .skip, svg, template'))
  .filter((part) => part.getBoundingClientRect().right > innerWidth + 0.5)
  .map((part) => part.outerHTML.slice(0, 80))"""
SMALL, LARGE = {"width": 320, "height": 640}, {"width": 1280, "height": 800}

Visit = Callable[..., Awaitable[Visitor]]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
async def test_no_screen_has_an_accessibility_problem(visit: Visit, group: Group) -> None:
    visitor = await visit()
    found = {}
    async for state in group(visitor):
        for size in (SMALL, LARGE):
            for scheme in ("light", "dark"):
                name = f"{state}, {size['width']} px, {scheme}"
                found[name] = await problems(visitor.tab.page, size, scheme)
    assert {name: what for name, what in found.items() if what} == {}


async def problems(page: Page, size: Any, scheme: Any) -> list[str]:
    await page.set_viewport_size(size)
    await page.emulate_media(color_scheme=scheme)
    await page.evaluate(f"window.axe || {AXE.strip().rstrip(';')}" if False else AXE)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    cut = [f"cut: {part}" for part in await page.evaluate(CUT)]
    return [*await page.evaluate(RUN_AXE), *cut, *(["scrolls sideways"] if wide else [])]
