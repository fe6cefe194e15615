"""Texts, calls and mails of a machine without a vendor: kept in a file that `/dev/outbox` shows."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import msgspec
from litestar import Controller, Request, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from app.dev.access import from_this_machine
from app.dev.middleware import mail_response
from app.domain.delivery.calls import Call, PhoneCalls
from app.domain.ports import Email, Mail, SendOutcome, Sent, Text, TextMessages, Unsent
from app.web.container import Container
from app.web.response import HttpResponse

OUTBOX = Path(".latchkey") / "outbox.jsonl"
KEPT = 200
SHOWN = 20  # on a page
# By what a code is for, and how it came.
CODE_PAGES = {
    ("signup", "text"): "/signup/phone-code",
    ("signup", "mail"): "/signup/email-code",
    ("login", "mail"): "/login/email-code",
    ("recovery", "mail"): "/recovery/email-code",
    ("confirm", "text"): "/account/confirm",
    ("confirm", "mail"): "/account/confirm",
    ("confirm-without-phone", "mail"): "/account/confirm?without-phone",
    ("change-phone", "text"): "/account/phone-code",
    ("change-email", "mail"): "/account/email-code",
}
# Bytes the file may grow to before it is trimmed: about eight thousand texts.
ROOM = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LocalMessage:
    """What would have gone out. `id` is the `provider_id` the sender was told."""

    id: str
    kind: Literal["text", "call", "mail"]
    to: str
    subject: str | None
    body: str
    html: str | None
    sent_at: datetime
    purpose: str = ""

    @property
    def code_page(self) -> str:
        """Where its code is entered; "" where that depends on a link."""
        came = "text" if self.kind == "call" else self.kind
        return CODE_PAGES.get((self.purpose, came), "")

    @property
    def code(self) -> str | None:
        """The first run of exactly 6 or 8 digits: what the person would type."""
        said = f"{self.subject or ''}\n{self.body}"
        if self.kind == "call":  # which says them one by one
            said = said.replace(", ", "")
        found = re.search(r"(?<![0-9])(?:[0-9]{8}|[0-9]{6})(?![0-9])", said)
        return found[0] if found else None


class Outbox:
    """The last messages, in one file for all workers: it outlives a restart and a `kill -9`.

    One message is one line, appended in one write under a shared lock. Trimming writes a new file
    and puts it in the place of the old one under the exclusive lock; whoever still holds the old
    one notices at the next append.
    """

    def __init__(self, path: Path, kept: int = KEPT, room: int = ROOM) -> None:
        """`room` is in bytes. The file, readable for its owner only, is made when needed."""
        self._path = path
        self._kept = kept
        self._room = room
        self._descriptor: int | None = None
        # A file lock does not tell the threads of one process apart.
        self._threads = Lock()

    def add(self, message: LocalMessage) -> None:
        """Raises OSError when the disk is full or not ours."""
        # The line break in front ends what a killed process may have left half-written.
        line = b"\n" + msgspec.json.encode(message) + b"\n"
        with self._locked(fcntl.LOCK_SH) as (descriptor, size):
            if os.write(descriptor, line) != len(line):
                raise OSError("the outbox took only a part of a message")
        if size > self._room:
            self._trim()

    def list_recent(self, count: int = KEPT) -> list[LocalMessage]:
        """At most `count`, newest first."""
        found: list[LocalMessage] = []
        for line in reversed(self._lines()):
            if len(found) == count:
                break
            found += _read(line)
        return found

    def list_sent_to(self, to: str) -> list[LocalMessage]:
        """All that are kept, newest first. Only lines that name `to` are decoded."""
        named = msgspec.json.encode(to)
        lines = (line for line in reversed(self._lines()) if named in line)
        return [message for line in lines for message in _read(line) if message.to == to]

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lines(self) -> list[bytes]:
        try:
            return self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return []

    def _trim(self) -> None:
        with self._locked(fcntl.LOCK_EX) as (_, size):
            if size <= self._room:  # another worker was faster
                return
            kept = b"\n".join([line for line in self._lines() if line][-self._kept :]) + b"\n"
            fresh = self._path.with_name(self._path.name + ".new")
            fresh.unlink(missing_ok=True)  # left behind by a killed process
            fresh.touch(mode=0o600)
            fresh.write_bytes(kept)
            fresh.replace(self._path)
            # Mails are long: without more room, 200 of them would be trimmed at every append.
            self._room = max(self._room, 2 * len(kept))

    @contextmanager
    def _locked(self, how: int) -> Iterator[tuple[int, int]]:
        """The descriptor and the size in bytes of the file that is at the path now."""
        with self._threads:
            descriptor, size = self._lock(how)
            try:
                yield descriptor, size
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _lock(self, how: int) -> tuple[int, int]:
        while True:
            descriptor = self._open()
            fcntl.flock(descriptor, how)
            ours = os.fstat(descriptor)
            try:
                named = self._path.stat()
            except FileNotFoundError:
                named = None
            if named and (named.st_ino, named.st_dev) == (ours.st_ino, ours.st_dev):
                return descriptor, ours.st_size
            self.close()

    def _open(self) -> int:
        if self._descriptor is None:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._descriptor = os.open(self._path, flags, 0o600)
        return self._descriptor


class LocalTexts(TextMessages):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, text: Text) -> SendOutcome:
        now = datetime.now(UTC)
        return _store_message(
            self._outbox,
            LocalMessage(_made_up_id(), "text", text.to, None, text.body, None, now, text.purpose),
        )

    async def find(self, text: Text, age: timedelta) -> str | None:
        since = datetime.now(UTC) - age
        sent = self._outbox.list_sent_to(text.to)
        same = (kept for kept in sent if kept.sent_at >= since and text.matches(kept.body))
        return next((kept.id for kept in same), "")


class LocalCalls(PhoneCalls):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, call: Call) -> SendOutcome:
        now = datetime.now(UTC)
        return _store_message(
            self._outbox,
            LocalMessage(_made_up_id(), "call", call.to, None, call.words, None, now, call.purpose),
        )

    async def find(self, call: Call, age: timedelta) -> str | None:
        since = datetime.now(UTC) - age
        made = (kept for kept in self._outbox.list_sent_to(call.to) if kept.kind == "call")
        return next((kept.id for kept in made if kept.sent_at >= since), "")


class LocalMail(Mail):
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def send(self, email: Email) -> SendOutcome:
        now = datetime.now(UTC)
        said = (email.subject, email.text, email.html)
        message = LocalMessage(_made_up_id(), "mail", email.to, *said, now, email.purpose)
        return _store_message(self._outbox, message)


def _store_message(outbox: Outbox, message: LocalMessage) -> SendOutcome:
    try:
        outbox.add(message)
    except OSError as trouble:
        return Unsent(type(trouble).__name__)
    return Sent(message.id)


def _made_up_id() -> str:
    return f"local-{secrets.token_hex(16)}"


def _read(line: bytes) -> list[LocalMessage]:
    """One message, or none of an empty or half-written line."""
    try:
        return [msgspec.json.decode(line, type=LocalMessage)]
    except msgspec.DecodeError:
        return []


AnyRequest = Request[Any, Any, Any]


class OutboxController(Controller):
    path = "/dev/outbox"
    include_in_schema = False
    guards = [from_this_machine]

    @get()
    async def show_outbox(self, request: AnyRequest) -> HttpResponse:
        """A page of it, the newest first; `page` counts from 1."""
        asked = request.query_params.get("page", "")
        page = max(1, int(asked)) if asked.isdecimal() and len(asked) < 4 else 1
        recent = _find_outbox(request).list_recent(page * SHOWN + 1)
        container = Container.from_request(request)
        values = {
            "messages": recent[(page - 1) * SHOWN : page * SHOWN],
            "newer": page - 1,
            "older": page + 1 if len(recent) > page * SHOWN else 0,
        }
        return container.pages.render_page(
            container.get_context(request.scope), "dev/outbox.html", values
        )

    @get("/mail/{message_id:str}")
    async def show_mail(self, request: AnyRequest, message_id: FromPath[str]) -> HttpResponse:
        """As a mail program shows it, for a frame."""
        recent = _find_outbox(request).list_recent()
        html = next((each.html for each in recent if each.id == message_id), None)
        if html is None:
            raise NotFoundException
        return mail_response(html)


def _find_outbox(request: AnyRequest) -> Outbox:
    outbox: Outbox | None = request.app.state.development.outbox
    if outbox is None:
        raise NotFoundException
    return outbox
