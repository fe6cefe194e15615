"""A tab of a real browser, driven as a person drives it, and what it shows at a moment."""

import asyncio
import re
from dataclasses import dataclass, replace
from time import monotonic

from playwright.async_api import BrowserContext, Locator, Page, Response
from playwright.async_api import Error as BrowserError

from tests.journeys.words import Words

PATIENCE = 15.0  # seconds for a page to come, on a busy machine

# A chrome that reports an answer of 4xx or 5xx is doing what we want of it.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of [45]")

LOUD = ("error", "warning")

# Counts what htmx has under way, and brings policy violations to the console.
WATCH = """
window.busy = 0;
addEventListener('htmx:before:request', () => { window.busy += 1; }, true);
addEventListener('htmx:finally:request', () => { window.busy -= 1; }, true);
addEventListener('securitypolicyviolation', (e) => console.error('CSP', e.violatedDirective));
"""
SEEN = "for (const part of document.querySelectorAll('h1')) part.dataset.seen = ''"
# Focus is part of a page: no page of ours leaves it on the body.
ARRIVED = """() => document.readyState == 'complete' && !window.busy
  && document.querySelector('h1') && !document.querySelector('h1[data-seen]')
  && document.activeElement != document.body"""
LOOK = """() => {
  const plain = (text) => text.replace(/\\u2060/g, '').replace(/\\s+/g, ' ').trim();
  const text = (what) => plain(document.querySelector(what)?.innerText ?? '');
  const at = document.activeElement;
  return {
    url: location.pathname + location.search,
    title: plain(document.title),
    heading: text('h1'),
    focus: at.id || at.getAttribute('role') || at.localName,
    alert: text('main [role=alert]'),
    notice: text('#live'),
    fields: Object.fromEntries([...document.querySelectorAll('main form input:not([type=hidden])')]
      .map((field) => [field.id, field.type == 'radio' ? `${field.checked}` : field.value])),
  };
}"""


@dataclass(frozen=True)
class Look:
    """`focus` is the id of what has it, else its role, else its tag."""

    url: str
    title: str
    heading: str
    focus: str
    alert: str
    notice: str
    fields: dict[str, str]


class Tab:
    """`url` is where the product is; `posts` the statuses that forms were answered with."""

    def __init__(self, page: Page, url: str, words: Words | None = None) -> None:
        """`words` of another language: what is pressed and seen is English all the same."""
        self.page, self.url, self._words = page, url, words
        self.posts: list[int] = []
        page.on("response", self._count)

    async def open(self, path: str) -> Look:
        await self.page.goto(self.url + path)
        return await self.arrived()

    async def type(self, field: str, text: str) -> None:
        await self.page.fill(f"#{field}", text)

    async def press(self, name: str) -> Look:
        """Presses the button of that name and waits for what comes of it."""
        return await self.go(self.button(name))

    def button(self, name: str) -> Locator:
        """By what it is called for screen readers too, whose part begins after a space."""
        names = self._words.translate(name) if self._words and self._is_ours() else [name]
        return self.page.get_by_role("button", name=re.compile(f"^{_spaced_anyhow(names)}$"))

    async def follow(self, words: str) -> Look:
        """Follows the link whose words begin so."""
        begun = self._words.translate_beginning(words) if self._words else [words]
        pattern = re.compile(f"^{_spaced_anyhow(begun)}")
        return await self.go(self.page.get_by_role("link", name=pattern))

    async def go(self, way: Locator) -> Look:
        await self.mark()
        await way.click(no_wait_after=True)
        return await self.arrived()

    async def enter(self, key: str = "Enter") -> Look:
        """Presses a key that leads to another page."""
        await self.mark()
        await self.page.keyboard.press(key)
        return await self.arrived()

    async def back(self) -> Look:
        await self.mark()
        await self.page.go_back(wait_until="commit")
        return await self.arrived()

    async def reload(self) -> Look:
        await self.page.reload()
        return await self.arrived()

    async def mark(self) -> None:
        """What is here now is old: `arrived` waits for another."""
        await self.page.evaluate(SEEN)

    async def arrived(self) -> Look:
        """Once another page is here, loaded or swapped in."""
        deadline = monotonic() + PATIENCE
        while not (look := await self._look_once_arrived()):
            assert monotonic() < deadline, f"nothing came, or nothing has focus: {self.page.url}"
            await asyncio.sleep(0.025)
        return look

    async def look(self) -> Look:
        return self._read(Look(**await self.page.evaluate(LOOK)))

    def _is_ours(self) -> bool:
        """What developers and operators see is in English alone."""
        return not re.search("/(?:dev/|health)", self.page.url)

    def _read(self, look: Look) -> Look:
        if self._words is None or not self._is_ours():
            return look
        read = self._words.read
        return replace(
            look,
            title=read(look.title),
            heading=read(look.heading),
            alert=read(look.alert),
            notice=read(look.notice),
        )

    def _count(self, response: Response) -> None:
        if response.request.method == "POST":
            self.posts.append(response.status)

    async def _look_once_arrived(self) -> Look | None:
        """In one call: a page that leads on by itself may be gone at the next."""
        try:
            look = await self.page.evaluate(f"() => ({ARRIVED})() ? ({LOOK})() : null")
        except BrowserError:
            return None  # between two pages
        return self._read(Look(**look)) if look else None


def _spaced_anyhow(names: list[str]) -> str:
    """A pattern of any of them: words for screen readers alone begin after a space of the browser's
    own, and a word joiner holds `e-mail` together.
    """
    parts = (map(re.escape, re.findall(r"\w+|[^\w\s]+", name)) for name in names)
    between = " *\N{WORD JOINER}?"
    return f"(?:{'|'.join(map(between.join, parts))})"


async def watch(context: BrowserContext) -> list[str]:
    """What the browser complains of from now on, which should be nothing."""
    troubles: list[str] = []

    def note(text: str) -> None:
        if not EXPECTED.match(text):
            troubles.append(text)

    context.on("console", lambda said: note(said.text) if said.type in LOUD else None)
    context.on("weberror", lambda failed: note(f"{failed.error}"))
    await context.add_init_script(WATCH)
    return troubles
