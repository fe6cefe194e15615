"""The outermost layer: every answer, also of errors and static files, passes here and nowhere else.

It gives the request its id, the answer its security headers and one log line, and the caller a
deadline. Plain ASGI, because the framework's own middleware does not run for what it refuses.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from time import perf_counter
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.audit.events import current_request
from app.web.telemetry import tell_request, told_path

log = logging.getLogger("app.edge")

DEADLINE = 5.0  # seconds; what would take longer is answered with 503
# Polled or cached: no line each, unless it failed.
UNTOLD = ("/health", "/static/", "/metrics", "/pricing")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    " object-src 'none'; frame-ancestors 'none'"
)
API_CSP = "default-src 'none'; frame-ancestors 'none'"
POLICIES = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), geolocation=(), microphone=(), payment=(), usb=(), otp-credentials=(self)",
    ),
)
HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


def security_headers(*, secure: bool) -> dict[str, list[tuple[bytes, bytes]]]:
    """For pages and for JSON. HSTS only where the world sees us over https."""
    shared = [*POLICIES, HSTS] if secure else [*POLICIES]
    name = b"content-security-policy"
    return {"page": [(name, CSP.encode()), *shared], "api": [(name, API_CSP.encode()), *shared]}


class Edge:
    """Wraps the application. `last_resort` makes a page without template or store."""

    def __init__(self, app: ASGIApp, *, secure: bool, last_resort: Callable[[int], bytes]) -> None:
        self._app, self._last_resort = app, last_resort
        self._headers = security_headers(secure=secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return await self._app(scope, receive, send)
        request_id = secrets.token_hex(8)
        token = current_request.set(request_id)
        answer = _Outgoing(scope, send, self._headers_for(scope["path"]), request_id)
        try:
            await self._within_deadline(answer, receive)
        finally:
            current_request.reset(token)
            answer.log()
        return None

    async def _within_deadline(self, answer: "_Outgoing", receive: Receive) -> None:
        try:
            async with asyncio.timeout(DEADLINE):
                await self._app(answer.scope, receive, answer.send)
        except Exception as error:
            if not isinstance(error, TimeoutError):
                log.exception("an error page could not be made")
            if not answer.status:
                status = 503 if isinstance(error, TimeoutError) else 500
                await answer.give_up(status, self._last_resort(status))

    def _headers_for(self, path: str) -> list[tuple[bytes, bytes]]:
        return self._headers["api" if path.startswith("/api/") else "page"]


class _Outgoing:
    """One answer on its way out. HEAD is asked of the application as GET and keeps its headers."""

    __slots__ = ("_headers", "_is_head", "_request_id", "_send", "_started_at", "scope", "status")

    def __init__(
        self, scope: Any, send: Send, headers: list[tuple[bytes, bytes]], request_id: str
    ) -> None:
        self._send, self._headers, self._request_id = send, headers, request_id
        self._is_head = scope["method"] == "HEAD"
        self._started_at = perf_counter()
        self.scope: Any = {**scope, "method": "GET"} if self._is_head else scope
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], *self._own_headers()]
        elif self._is_head and message["type"] == "http.response.body":
            message["body"] = b""
        await self._send(message)

    async def give_up(self, status: int, body: bytes) -> None:
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]
        if status == 503:
            headers.append((b"retry-after", b"30"))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body, "more_body": False})

    def log(self) -> None:
        path = self.scope["path"]
        if path.startswith(UNTOLD) and self.status < 500:
            return
        tell_request(
            {
                "method": "HEAD" if self._is_head else self.scope["method"],
                "path": told_path(path),
                "status": self.status,
                "ms": round((perf_counter() - self._started_at) * 1000, 1),
                "request_id": self._request_id,
            }
        )

    def _own_headers(self) -> list[tuple[bytes, bytes]]:
        return [*self._headers, (b"x-request-id", self._request_id.encode())]
