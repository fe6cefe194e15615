"""Every screen in every state, by axe-core and by measure: nobody is shut out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from app.domain.languages import CATALOGUES
from tests.journeys.conftest import ACME, At, Both
from tests.journeys.gallery import last_of_each, show_mails, show_pages, style_sheets
from tests.journeys.looking import AXE, IN_MAILS, SMALL, Document, Window
from tests.journeys.screens import GROUPS, Group
from tests.journeys.visitor import Visitor

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
# Words of up to ten letters that are drawn on two lines. Nobody reads a column of two letters.
# For pages in English: other languages are hyphenated.
BROKEN = """() => {
  const found = [], range = document.createRange();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text; (text = texts.nextNode());) {
    const part = text.parentElement;
    if (part.closest('bdi, .unseen, .skip, .progress li, code, script, style')) continue;
    if (!part.checkVisibility()) continue;
    const words = text.data.matchAll(/(?<![\\w@.-])[A-Za-z]{2,10}(?![\\w@.-])/g);
    for (const { 0: word, index } of words) {
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const rects = [...range.getClientRects()].filter(({ width }) => width > 1);
      if (new Set(rects.map(({ top }) => Math.round(top))).size > 1) found.push(`broken: ${word}`);
    }
  }
  return [...new Set(found)];
}"""
# How a page lies, as it is and at twice the size: each in one call, since what is drawn between two
# would be more work than all of it.
LAYOUT = f"""() => [
  ...document.documentElement.scrollWidth > innerWidth ? ['scrolls sideways'] : [],
  ...new Set([...({CUT})(), ...({MISPLACED})()]),
]"""
AT_TWICE_THE_SIZE = """() => {
  const { style } = document.documentElement;
  style.fontSize = '200%';
  const found = [FINDERS].flatMap((find) => find());
  style.fontSize = '';
  return found;
}"""
WIDTHS = (320, 390, 768, 1280)


@pytest.fixture(scope="module")
async def window(chromium: Browser) -> AsyncIterator[Window]:
    """Of all tests here: what it has seen for one it need not see for another."""
    async with looking(chromium) as one:
        yield one


@asynccontextmanager
async def looking(chromium: Browser, brand: Path | None = None) -> AsyncIterator[Window]:
    page = await chromium.new_page(viewport=SMALL, color_scheme="light")
    await page.evaluate(AXE)
    yield Window(page, style_sheets(brand))
    await page.close()


@pytest.mark.parametrize("language", CATALOGUES)
async def test_no_example_has_an_accessibility_problem(window: Window, language: str) -> None:
    """Nearly all shapes come in English; what a translation adds or loses makes another."""
    found = {each.name: await window.find_problems(each) for each in show_pages(language)}
    for mail in show_mails(language):
        found[mail.name] = await window.find_problems(mail, IN_MAILS)
    assert len(found) > 400
    assert {name: what for name, what in found.items() if what} == {}


async def test_no_example_has_one_under_another_brand(chromium: Browser) -> None:
    """Its colours, mark, words and template on all elements, one page of a template at least."""
    found = {}
    async with looking(chromium, ACME) as window:
        for language in ("de", "ar"):
            for name, page in last_of_each(show_pages(language, ACME)).items():
                found[language, name] = await window.find_problems(page)
            for name, mail in last_of_each(show_mails(language, ACME)).items():
                found[language, name] = await window.find_problems(mail, IN_MAILS)
    assert len(found) > 120
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
async def test_no_screen_has_an_accessibility_problem(
    both: Both, strict: At, window: Window, group: Group
) -> None:
    found = {}

    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        look_at = look_everywhere if visitor.language == "en" else look_on_a_small_phone
        async for state in group(visitor):
            name = f"{visitor.language}, {state}"
            found.update({f"{name}, {how}": what async for how, what in look_at(page)})
            document = Document.read(name, await page.content())
            found[name] = await window.find_problems(document)

    await both(journey, at=strict)
    assert {name: what for name, what in found.items() if what} == {}


async def look_everywhere(page: Page) -> AsyncIterator[tuple[str, list[str]]]:
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 640})
        yield f"{width} px", await layout_problems(page)
        yield f"{width} px, large text", await large_text(page, BROKEN)
    yield "from right to left", await mirrored(page)


async def look_on_a_small_phone(page: Page) -> AsyncIterator[tuple[str, list[str]]]:
    """Where the longer words of another language have the least room."""
    await page.set_viewport_size(SMALL)
    yield "small", await layout_problems(page)
    yield "small, large text", await large_text(page)


async def layout_problems(page: Page) -> list[str]:
    return [*await page.evaluate(LAYOUT)]


async def large_text(page: Page, *more: str) -> list[str]:
    """At twice the size, as a browser's setting makes it; with what scripts find besides."""
    finders = ", ".join((LAYOUT, *more))
    return [*await page.evaluate(AT_TWICE_THE_SIZE.replace("FINDERS", finders))]


async def mirrored(page: Page) -> list[str]:
    """As the page would lie in a language that is written from right to left."""
    await page.set_viewport_size(SMALL)
    await page.evaluate("document.documentElement.dir = 'rtl'")
    found = await layout_problems(page)
    await page.evaluate("document.documentElement.dir = 'ltr'")
    return found
