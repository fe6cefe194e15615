"""What axe-core finds on a page: in one window, into which one document after the other comes.

To load axe takes longest, so it is done once. What it finds depends on elements and attributes, on
styles, on whether there are words, and on which names are the same: on the shape of a page. So each
shape is looked at once, wherever it comes first; most that people meet are in the gallery.
"""

import asyncio
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from playwright.async_api import Page

AXE = (Path(__file__).parents[1] / "vendor/axe-core/axe.min.js").read_text()
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
IN_MAILS = TAGS[:-1]  # they are shown in a program that has landmarks and headings of its own
# What a page is made of is the same at every width and in both directions; how it lies is not.
LAID_OUT = ("color-contrast", "target-size", "scrollable-region-focusable", "region")
RUN_AXE = """async (runOnly) => {
  const told = { selectors: false, resultTypes: ['violations', 'incomplete'] };
  const { violations, incomplete } = await axe.run({ runOnly, ...told });
  const unsure = incomplete.filter(({ id }) => id === 'color-contrast');
  return [...violations, ...unsure].map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}"""
SHOW = """([html, lang, dir, sheets]) => {
  const root = document.documentElement;
  root.innerHTML = html;
  Object.assign(root, { lang, dir });
  window.parsed ??= {};
  document.adoptedStyleSheets = sheets.map((css) => {
    if (!parsed[css]) (parsed[css] = new CSSStyleSheet()).replaceSync(css);
    return parsed[css];
  });
}"""
TURN = "document.documentElement.dir = document.documentElement.dir == 'rtl' ? 'ltr' : 'rtl'"
SMALL, LARGE = {"width": 320, "height": 640}, {"width": 1280, "height": 640}

DOCUMENT = re.compile(r'<html lang="(.*?)" dir="(.*?)"[^>]*>(.*)</html>', re.DOTALL)
SHEET = re.compile(r'<link rel="stylesheet" href="/static/[0-9a-f]+/([a-z]+\.css)">')
# What is left out of a shape: what languages say and link to, and which of them is chosen; what
# scripts keep at an element.
VALUE = re.compile(
    r' (title|alt|placeholder|content|value|datetime|href|action|lang|dir)=("[^"]*"|\'[^\']*\')'
)
CHOICE = re.compile(r' selected(?:="")?|(?<=")( lang="[a-z]+") aria-current="true"')
KEPT = re.compile(r' (?:data-[a-z-]+|aria-busy)(?:="[^"]*")?|(?<=[\w"])=""')
NAME = re.compile(r' aria-label="([^"]*)"')
TEXT = re.compile(r">([^<]+)(?=<)")
ELEMENT = re.compile(r"<[a-z][^>]*>")


@dataclass(frozen=True)
class Document:
    """`html` is the inside of <html>; `sheets` are the style sheets it asks for, by name."""

    name: str
    html: str
    language: str
    direction: str
    sheets: tuple[str, ...]

    @classmethod
    def read(cls, name: str, html: str) -> "Document":
        [(language, direction, inside)] = DOCUMENT.findall(html)
        return cls(name, SHEET.sub("", inside), language, direction, (*SHEET.findall(inside),))

    @cached_property
    def shape(self) -> str:
        names = {"": ""}
        html = KEPT.sub("", CHOICE.sub(r"\1", self.html))
        html = NAME.sub(
            lambda it: f" name={names.setdefault(it[1].strip(), str(len(names)))}", html
        )
        html = VALUE.sub(lambda it: f" {it[1]}={bool(it[2].strip())}", html)
        return TEXT.sub(lambda it: f">{bool(it[1].strip())}", html)

    @cached_property
    def elements(self) -> set[str]:
        return {*ELEMENT.findall(self.shape)}


class Window:
    """`sheets` are the style sheets by their names. One document at a time is looked at."""

    def __init__(self, page: Page, sheets: dict[str, str]) -> None:
        self.page, self._sheets, self._free = page, sheets, asyncio.Lock()
        self._seen: set[str] = set()  # shapes, and elements in every scheme, direction and width

    async def find_problems(self, document: Document, rules: tuple[str, ...] = TAGS) -> list[str]:
        """Nothing where all that there is was looked at before."""
        found: list[str] = []
        async with self._free:
            if document.shape not in self._seen:
                await self.show(document)
                found += await self.page.evaluate(RUN_AXE, rules)
            if document.elements - self._seen:
                found += await self._find_turned(rules)
            self._seen |= {document.shape, *document.elements}
        return found

    async def show(self, document: Document) -> None:
        css = [self._sheets[name] for name in document.sheets]
        await self.page.evaluate(SHOW, [document.html, document.language, document.direction, css])

    async def _find_turned(self, rules: tuple[str, ...]) -> list[str]:
        """Of what is shown, in the other scheme and direction, and with much room."""
        laid_out = LAID_OUT if rules == TAGS else LAID_OUT[:-1]
        await self.page.emulate_media(color_scheme="dark")
        await self.page.evaluate(TURN)
        found = await self.page.evaluate(RUN_AXE, laid_out)
        await self.page.set_viewport_size(LARGE)
        found += await self.page.evaluate(RUN_AXE, laid_out)
        await self.page.set_viewport_size(SMALL)
        await self.page.emulate_media(color_scheme="light")
        return [f"turned: {what}" for what in found]
