"""The browser looks again when a template, a style or a word has changed."""

import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest

from app.dev.reload import Changes, Watched, describe_change
from app.domain.languages import Languages
from tests.person import Person
from tests.product import Product

PO = 'msgid "Sign in"\nmsgstr "{}"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("page.html", "1"), ("site.css", "1"), ("de/messages.po", PO.format("1"))):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "what"), [("page.html", "page"), ("site.css", "style"), ("new.svg", "page")]
)
def test_what_has_changed_is_noticed(folder: Path, name: str, what: str) -> None:
    watched = Watched([folder, folder / "nowhere"])
    before = watched.look()
    assert describe_change(before, watched.look()) == ""
    (folder / name).write_text("2, and longer")
    assert describe_change(before, watched.look()) == what


class Browser:
    """What listens: it is sent events, and leaves."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._messages.put_nowait({"type": "http.request"})
        self._came = asyncio.Event()

    async def receive(self) -> Any:
        return await self._messages.get()

    async def send(self, message: Any) -> None:
        self.sent.append(message.get("body", b"").decode())
        self._came.set()

    async def until(self, text: str) -> None:
        while text not in "".join(self.sent):
            self._came.clear()
            await self._came.wait()

    def leave(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})


async def test_a_browser_is_told_and_words_are_read_again(folder: Path) -> None:
    browser, watched = Browser(), Watched([folder])
    languages = Languages(("de",), folder)
    assert languages.get("de").translations.gettext("Sign in") == "1"
    changes = Changes(watched, languages)
    listening = asyncio.create_task(changes.stream("", time(), browser.receive, browser.send))
    await browser.until(f"id: {watched.look()}\n")
    (folder / "de/messages.po").write_text(PO.format("Anmelden"))
    await browser.until("event: page\n")
    assert languages.get("de").translations.gettext("Sign in") == "Anmelden"
    (folder / "de/messages.po").write_text("no catalogue\n")
    await browser.until(f"id: {watched.look()}\n")
    assert languages.get("de").translations.gettext("Sign in") == "Anmelden"
    browser.leave()
    await listening


async def test_words_that_changed_while_nobody_listened_are_read_again(folder: Path) -> None:
    languages = Languages(("de",), folder)
    assert languages.get("de").translations.gettext("Sign in") == "1"
    changes, browser = Changes(Watched([folder]), languages), Browser()
    (folder / "de/messages.po").write_text(PO.format("Anmelden"))
    later = time() + 60
    listening = asyncio.create_task(changes.stream("", later, browser.receive, browser.send))
    await browser.until(f"id: {changes.watched.look()}\n")
    assert "event: page\n" in "".join(browser.sent)
    assert languages.get("de").translations.gettext("Sign in") == "Anmelden"
    browser.leave()
    await listening


async def test_who_lost_the_server_is_told_what_changed_meanwhile(folder: Path) -> None:
    browser, watched = Browser(), Watched([folder])
    known = watched.look()
    (folder / "site.css").write_text("something else")
    changes = Changes(watched, Languages(("en",)))
    listening = asyncio.create_task(changes.stream(known, time(), browser.receive, browser.send))
    await browser.until("event: style\n")
    browser.leave()
    await listening


async def test_what_changed_while_a_page_was_made_is_told_too(folder: Path) -> None:
    changes, asked_at = Changes(Watched([folder]), Languages(("en",))), time()
    os.utime(folder / "page.html", (asked_at - 60, asked_at - 60))
    for path in (folder / "site.css", folder / "de/messages.po"):
        os.utime(path, (asked_at + 3600, asked_at + 3600))  # by a clock that is ahead
    assert not changes.watched.has_changed_since(asked_at - 10)
    os.utime(folder / "page.html", (asked_at - 5, asked_at - 5))
    browser = Browser()
    listening = asyncio.create_task(
        changes.stream("", asked_at - 10, browser.receive, browser.send)
    )
    await browser.until("event: page\n")
    browser.leave()
    await listening


def test_pages_of_development_listen_and_a_stop_does_not_wait_for_them(
    product: Product, another_product: Callable[..., Product], tmp_path: Path
) -> None:
    page = tmp_path / "brand/templates/error.html"
    page.parent.mkdir(parents=True)
    page.write_text("{% if %}")
    edited = another_product(ENVIRONMENT="development", BRAND_DIR=str(tmp_path / "brand"))
    assert f"{page}, line 1: Expected an expression" in Person(edited).get("/nowhere").html
    assert 'import "/dev/reload.js"' in script(edited)
    assert 'import "/dev/reload.js"' not in script(product)
    assert Person(product).get("/dev/reload").status == 404
    assert "EventSource" in Person(edited).get("/dev/reload.js").html
    with httpx.stream("GET", f"{edited.url}/dev/reload", timeout=30) as events:
        lines = events.iter_lines()
        assert next(lines).startswith("retry: ")
        os.kill(edited.pid, signal.SIGTERM)
        assert not [line for line in lines if line.startswith("event")]  # and ends whole
    assert edited.stop() == 0


def script(product: Product) -> str:
    person = Person(product)
    found = re.search(r'src="(/static/[^"]*/latchkey.js)"', person.get("/signup").html)
    assert found
    return person.get(found[1]).html
