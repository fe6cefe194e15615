"""The browser looks again when a template, a style or a word has changed."""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import time

from litestar import Controller, get
from litestar.types import Receive, Send

from app.dev.access import from_this_machine
from app.domain.languages import Languages
from app.web.response import NO_STORE, HttpResponse

log = logging.getLogger("app.dev")

HERE = Path(__file__).parent
SCRIPT = HERE / "reload.js"
EVERY = 0.4  # seconds between two looks
RETRY = 100  # milliseconds, after which a browser asks that has lost the server
MISSED = "."  # a state that is no other
STYLES = (".css",)
EVENTS = [(b"content-type", b"text/event-stream"), NO_STORE]


class Watched:
    """The files that pages are made from. A `state` is two digests, of styles and of the rest."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]

    def look(self) -> str:
        styles, others = sha256(), sha256()
        for path, modified in self._files():
            digest = styles if path.suffix in STYLES else others
            digest.update(f"{path}:{modified};".encode())
        return f"{styles.hexdigest()[:12]}.{others.hexdigest()[:12]}"

    def has_changed_since(self, moment: float) -> bool:
        """Whether a file has: not one that a clock put into the future."""
        return any(moment < modified / 1e9 <= time() for _, modified in self._files())

    def _files(self) -> Iterator[tuple[Path, int]]:
        """With the nanosecond in which each was written."""
        for folder in self._folders:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    yield path, path.stat().st_mtime_ns


def describe_change(before: str, now: str) -> str:
    """`page`, `style`, or '' for none: a style is put on a page as it stands."""
    if before == now:
        return ""
    return "style" if before.partition(".")[2] == now.partition(".")[2] else "page"


@dataclass(slots=True)
class Changes:
    """Server-sent events for browsers. `is_draining`: the server is about to stop."""

    watched: Watched
    languages: Languages
    is_draining: Callable[[], bool] = lambda: False
    words_as_of: str = field(init=False)  # the state in which words were read

    def __post_init__(self) -> None:
        self.words_as_of = self.watched.look()

    async def stream(self, known: str, since: float, receive: Receive, send: Send) -> None:
        """From what has changed since `known` on ('' for what was never asked before: then since a
        moment, in seconds since 1970), until the browser leaves or the server stops.
        """
        await send({"type": "http.response.start", "status": 200, "headers": EVENTS})
        await receive()  # the request, which has no body
        if not known and await asyncio.to_thread(self.watched.has_changed_since, since):
            known = MISSED
        while not (self.is_draining() or is_stopping()):
            now = await asyncio.to_thread(self.watched.look)
            if describe_change(self.words_as_of, now) == "page":
                read_words_again(self.languages)
                self.words_as_of = now
                known = known or MISSED  # it changed while nobody listened: this page has old words
            change = describe_change(known or now, now)
            if now != known:
                await _send(send, f"retry: {RETRY}\nid: {now}\n{_event(change)}\n", more=True)
            known = now
            with suppress(TimeoutError):
                await asyncio.wait_for(receive(), EVERY)
                return  # it has left
        await _send(send, "", more=False)


def _event(change: str) -> str:
    return f"event: {change}\ndata: changed\n" if change else ""


async def _send(send: Send, text: str, *, more: bool) -> None:
    await send({"type": "http.response.body", "body": text.encode(), "more_body": more})


def read_words_again(languages: Languages) -> None:
    """A catalogue that cannot be read stays as it was."""
    try:
        languages.refresh()
    except Exception:  # whatever is in it while it is being written
        log.exception("a catalogue cannot be read")


def is_stopping() -> bool:
    """Whether uvicorn was told to: it waits for what is under way."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))


class ReloadController(Controller):
    path = "/dev/reload.js"
    include_in_schema = False
    guards = [from_this_machine]

    @get()
    async def show_script(self) -> HttpResponse:
        kind = (b"content-type", b"text/javascript; charset=utf-8")
        return HttpResponse(200, SCRIPT.read_bytes(), [kind, NO_STORE])
