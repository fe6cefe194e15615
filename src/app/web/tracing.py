"""Requests in traces: each is one span, in the trace of our proxy where that has begun one."""

from ipaddress import IPv4Network, IPv6Network
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.audit import current_request
from app.domain.tracing import Tracer
from app.web.client_address import is_from_proxy
from app.web.telemetry import current_refusal

# Polled by machines every few seconds, or kept by browsers: nobody wants a trace of these.
UNTRACED = ("/health", "/metrics", "/static/")
# W3C Trace Context. Whoever writes these decides what is collected, so strangers may not.
HEADERS = (b"traceparent", b"tracestate")


class TracedRequests:
    """Around all else, so that the log line of a request names its trace."""

    def __init__(
        self,
        app: ASGIApp,
        tracer: Tracer,
        trusted_proxies: tuple[IPv4Network | IPv6Network, ...],
    ) -> None:
        self._app, self._tracer, self._trusted_proxies = app, tracer, trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"].startswith(UNTRACED):
            return await self._app(scope, receive, send)
        with self._tracer.request(scope["method"], self._headers_of_proxy(scope)) as request:

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    # Of the request under way: both are forgotten when it is over.
                    request.request_id = current_request.get()
                    request.refusal = current_refusal.get()
                    request.status = message["status"]
                await send(message)

            await self._app(scope, receive, send_noted)
            # A HEAD is routed in a copy of its scope, as a GET.
            request.route = scope.get("path_template") or ""
        return None

    def _headers_of_proxy(self, scope: Any) -> dict[str, str]:
        if not is_from_proxy(scope, self._trusted_proxies):
            return {}
        return {
            name.decode(): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in HEADERS
        }
