"""The outermost layer: every answer passes here and nowhere else. It asks again what may be.

It gives the request its id, the answer its security headers and one log line, and the caller a
deadline. Plain ASGI, because the framework's own middleware does not run for what it refuses.
"""

import logging
import random
import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network
from time import perf_counter
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.audit import current_request
from app.domain.i18n import Language, current_language, current_zone
from app.domain.limits import Origin
from app.web.client_address import UntrustedForwarding, find_client_ip, is_from_proxy
from app.web.cors import Cors
from app.web.deadlines import Deadlines
from app.web.problems import status_problem
from app.web.response import HTML_TYPE, NO_STORE, HttpResponse, is_path, respond_to_no_path
from app.web.telemetry import count_request, current_refusal, log_request, path_without_secrets

# A request that is asked once more, since the database lost its connection under way.
#
# Every form may be sent twice, as people do who got no answer: what was kept of the first time is
# found, and what was not is done. Here the server does it for them, with the same form.

# In the scope of a request that is asked for the last time: then a lost connection is told.
LAST_TIME = "latchkey.last_time"


class ClientLeft(Exception):
    """The connection ended, or broke, before all of the request was here."""


class NoResponse(HttpResponse):
    """Sends nothing, so that `OuterMiddleware` asks again."""

    def __init__(self) -> None:
        super().__init__(0, b"", [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return


class ReplayableReceive:
    """What is received of a request, which can be received again from the start. Raises
    `ClientLeft` instead of the rest of a body that does not come.
    """

    def __init__(self, receive: Any) -> None:
        self._receive, self._messages, self._next = receive, list[Any](), 0
        self._is_whole = False

    async def receive(self) -> Any:
        if self._next == len(self._messages):
            message = await self._receive()
            if message["type"] == "http.disconnect" and not self._is_whole:
                raise ClientLeft
            self._is_whole = not message.get("more_body")
            self._messages.append(message)
        self._next += 1
        return self._messages[self._next - 1]

    def rewind(self) -> None:
        self._next = 0


def pristine(scope: Any) -> Any:
    """A copy that the framework has not written into yet."""
    return {**scope, "state": dict(scope.get("state") or {})}


log = logging.getLogger("app.edge")

REQUEST_ID = re.compile(rb"[A-Za-z0-9._:=+/-]{8,128}")  # of a proxy's own
DEADLINE = 5.0  # seconds; what would take longer is answered with 503
# Polled or cached: no line each, unless it failed.
UNTOLD = ("/health", "/static/", "/metrics", "/pricing", "/api/v1/forward-auth")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    " object-src 'none'; frame-ancestors 'none'"
)
API_PAGE = "/api/docs"  # the one page among the JSON
API_CSP = "default-src 'none'; frame-ancestors 'none'"
# What concerns a file that a page loads; the others concern pages, and 0.4 KiB each.
FILE_POLICIES = (
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
POLICIES = (
    *FILE_POLICIES,
    # Not `no-referrer`: under it WebKit before 16.4 posts our own forms with `Origin: null`.
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
)
HSTS = {
    "host": b"max-age=63072000",
    "subdomains": b"max-age=63072000; includeSubDomains",
    "preload": b"max-age=63072000; includeSubDomains; preload",
}
# The page of last resort is a whole document; htmx shows what is in its <main>.
RESELECT = (b"hx-reselect", b"#main > *")


def last_resort_csp(page: str) -> str:
    """For a page with its style in it: that style and no other."""
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
    )


def security_headers(*, hsts: str, last_resort: str) -> dict[str, list[tuple[bytes, bytes]]]:
    """For pages, for JSON, for the page `last_resort`, and for files that pages load. `hsts` is ""
    where the world does not see us over https.
    """
    https = [(b"strict-transport-security", HSTS[hsts])] if hsts else []
    shared, name = [*POLICIES, *https], b"content-security-policy"
    policies = {"page": CSP, "api": API_CSP, "last resort": last_resort_csp(last_resort)}
    headers = {kind: [(name, policy.encode()), *shared] for kind, policy in policies.items()}
    return headers | {"file": [*FILE_POLICIES, *https]}


class OuterMiddleware:
    """Wraps the application. `last_resort` makes a page without template or store;
    `find_reader` says in which language and time zone, for all that is made for them; `cors` whose
    scripts may call the API; `trusted_proxies` may name a request; `forwarding` looks at each one
    where proxies are expected.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hsts: str,
        last_resort: Callable[[int, str], bytes],
        find_reader: Callable[[Scope], tuple[Language, str]],
        cors: Cors,
        trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = (),
        forwarding: UntrustedForwarding | None = None,
    ) -> None:
        self._app, self._last_resort, self._forwarding = app, last_resort, forwarding
        self._find_reader, self._cors, self._trusted_proxies = find_reader, cors, trusted_proxies
        self._deadlines = Deadlines(DEADLINE)
        self._headers = security_headers(hsts=hsts, last_resort=last_resort(500, "").decode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return await self._app(scope, receive, send)
        if self._forwarding:
            self._forwarding.look(scope)
        request_id = self._name_request(scope)
        language, zone = self._find_reader(scope)
        sender = _ResponseSender(scope, send, self._headers, self._cors, request_id)
        request, refused = current_request.set(request_id), current_refusal.set("")
        read, clock = current_language.set(language), current_zone.set(zone)
        try:
            if is_path(scope["path"]):
                await self._within_deadline(sender, receive)
            elif unrouted := respond_to_no_path(sender.scope):
                await unrouted(sender.scope, receive, sender.send)
            else:
                await self._send_last_resort(sender, 400)
        finally:
            sender.log(self._trusted_proxies)
            current_request.reset(request)
            current_refusal.reset(refused)
            current_language.reset(read)
            current_zone.reset(clock)
        return None

    def _name_request(self, scope: Any) -> str:
        """By the id that one of our proxies gave it, if it did. Ours is no secret: one from the
        system takes four times as long.
        """
        if self._trusted_proxies:
            given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
            if REQUEST_ID.fullmatch(given) and is_from_proxy(scope, self._trusted_proxies):
                return given.decode()
        return f"{random.getrandbits(64):016x}"

    async def _within_deadline(self, sender: "_ResponseSender", receive: Receive) -> None:
        try:
            with self._deadlines.start():
                await self._respond(sender, ReplayableReceive(receive))
        except Exception as error:
            if not isinstance(error, TimeoutError):
                log.exception("an error page could not be made")
            if not sender.status:
                status = 503 if isinstance(error, TimeoutError) else 500
                await self._send_last_resort(sender, status)

    async def _respond(self, sender: "_ResponseSender", body: ReplayableReceive) -> None:
        """Asked again, at most twice, while the answer is that the database was lost under way."""
        fresh = pristine(sender.scope)
        await self._app(sender.scope, body.receive, sender.send)
        for last in (False, True):
            if sender.status:
                return
            body.rewind()
            await self._app(pristine(fresh) | {LAST_TIME: last}, body.receive, sender.send)

    async def _send_last_resort(self, sender: "_ResponseSender", status: int) -> None:
        if sender.is_api:
            await status_problem(status)(sender.scope, _receive_nothing, sender.send)
        else:
            page = self._last_resort(status, current_request.get())
            await sender.send_last_resort(status, page)


async def _receive_nothing() -> Any:
    """For an answer that reads no request."""


class _ResponseSender:
    """One answer on its way out. HEAD is asked of the application as GET and keeps its headers."""

    __slots__ = (
        "_cors", "_headers", "_is_head", "_kind", "_path", "_request_id", "_send", "_started_at",
        "scope", "status",
    )  # fmt: skip

    def __init__(
        self,
        scope: Any,
        send: Send,
        headers: dict[str, list[tuple[bytes, bytes]]],
        cors: Cors,
        request_id: str,
    ) -> None:
        self._send, self._headers, self._request_id = send, headers, request_id
        self._path = scope["path"]  # in the scope it is cut short for what is mounted
        self._cors = cors
        is_api = self._path.startswith("/api/") and self._path != API_PAGE
        self._kind = "api" if is_api else "page"
        self._is_head = scope["method"] == "HEAD"
        self._started_at = perf_counter()
        self.scope: Any = {**scope, "method": "GET"} if self._is_head else scope
        self.status = 0

    @property
    def is_api(self) -> bool:
        return self._kind == "api"

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._own_headers()]
        elif self._is_head and message["type"] == "http.response.body":
            message["body"] = b""
        await self._send(message)

    async def send_last_resort(self, status: int, body: bytes) -> None:
        self._kind = "last resort"
        headers = [HTML_TYPE, NO_STORE, RESELECT]
        if status == 503:
            headers.append((b"retry-after", b"30"))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    def log(self, trusted_proxies: tuple[IPv4Network | IPv6Network, ...]) -> None:
        seconds = perf_counter() - self._started_at
        count_request(self.scope, self.status, seconds)
        if self._path.startswith(UNTOLD) and self.status < 500:
            return
        client = Origin.of(find_client_ip(self.scope, trusted_proxies))
        log_request(
            {
                "method": "HEAD" if self._is_head else self.scope["method"],
                "path": path_without_secrets(self._path),
                "status": self.status,
                "refusal": current_refusal.get(),
                "ms": round(seconds * 1000, 1),
                "network": client.network,
                "request_id": self._request_id,
            }
        )

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        if self.status in (200, 304) and self._path.startswith("/static/"):
            return self._headers["file"]  # as the log does not tell of it, without an id
        own = [*self._headers[self._kind], (b"x-request-id", self._request_id.encode())]
        if self._path.startswith("/api/"):
            own += self._cors.headers_for(self.scope["method"], self.scope["headers"])
        return own
