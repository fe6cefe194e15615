"""What a developer's machine answers by itself, or otherwise than a server does."""

import re
from time import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.dev.access import is_from_this_machine
from app.dev.reload import Changes
from app.web.middleware import CSP
from app.web.response import HTML_TYPE, NO_STORE, HttpResponse

EVENTS = "/dev/reload"
POLICY = b"content-security-policy"

# Policies, by how paths begin. An example is a page with the policy of all pages, but in a frame of
# ours, and it asks for nothing, so that it stays in its state; a mail has its styles inline.
FRAMING = CSP.replace("default-src 'none';", "default-src 'none'; frame-src 'self';")
FRAMED = CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'").replace(
    "connect-src 'self'", "connect-src 'none'"
)
MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'"
)
POLICIES = {
    "/dev/gallery/show": FRAMED,
    "/dev/gallery/mail": MAIL,
    "/dev/gallery": FRAMING,
    "/dev/outbox/mail": MAIL,
    "/dev/outbox": FRAMING,
}
TOUCHED = ("/dev/", "/static/")  # all other paths are left alone at once
SCRIPT, LOADS = "/latchkey.js", b'import "/dev/reload.js";'


def html_response(html: str) -> HttpResponse:
    return HttpResponse(200, html.encode(errors="replace"), [HTML_TYPE, NO_STORE])


def mail_response(html: str) -> HttpResponse:
    """Its links open in a window of their own: in the frame, pages are shown to nobody."""
    return html_response(html.replace("<head>", '<head><base target="_blank">', 1))


class DevelopmentMiddleware:
    """Outside all others: what has changed is told for as long as a page is open, beyond the
    deadline of requests and without a line in the log.
    """

    def __init__(self, app: ASGIApp, changes: Changes | None) -> None:
        """Without `changes` pages are not loaded again."""
        self._app, self._changes = app, changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if not path.startswith(TOUCHED):
            await self._app(scope, receive, send)
        elif self._changes and path == EVENTS and is_from_this_machine(ASGIConnection(scope)):
            known = dict(scope["headers"]).get(b"last-event-id", b"").decode("latin-1")
            await self._changes.stream(known, _moment(scope), receive, send)
        elif self._changes and path.startswith("/static/") and path.endswith(SCRIPT):
            await self._app(_without_gzip(scope), receive, _Appending(send).send)
        elif policy := next(
            (kept for start, kept in POLICIES.items() if path.startswith(start)), ""
        ):
            await self._app(scope, receive, _Ruling(send, policy).send)
        else:
            await self._app(scope, receive, send)


def _moment(scope: Any) -> float:
    """`since`, in milliseconds, in seconds; now for none."""
    found = re.fullmatch(rb"since=(\d{1,16})(?:\.\d+)?", scope["query_string"])
    return int(found[1]) / 1000 if found else time()


def _without_gzip(scope: Any) -> Any:
    kept = [each for each in scope["headers"] if each[0] != b"accept-encoding"]
    return {**scope, "headers": kept}


class _Appending:
    """The script of all pages also loads the one that loads them again."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [each for each in message["headers"] if each[0] != b"content-length"]
            message["headers"] = kept
        elif message["type"] == "http.response.body" and message["body"]:
            message["body"] += LOADS
        await self._send(message)


class _Ruling:
    """Another policy in the place of that of all pages."""

    def __init__(self, send: Send, policy: str) -> None:
        self._send, self._policy = send, policy

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [each for each in message["headers"] if each[0] != POLICY]
            message["headers"] = [*kept, (POLICY, self._policy.encode())]
        await self._send(message)
