"""What adapters do for a request or a message, as parts of its trace: statements, commands, calls.

Each is named by our own words. What was asked for, of whom, and what came back stays out: values,
keys, paths, queries and errors hold contacts, codes and secrets. Nobody else is told of the trace.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from opentelemetry import trace

from app.adapters.postgres_connection import KeptAlive
from app.adapters.redis import SCRIPTS
from app.adapters.redis_connection import Connections
from app.domain.ports import Record
from app.domain.sql import statement_name

spans = trace.get_tracer("latchkey")


@contextmanager
def part(name: str, facts: dict[str, Any]) -> Iterator[trace.Span]:
    """Of what is under way. Where that is nothing that is collected, neither is this."""
    if not trace.get_current_span().is_recording():
        yield trace.INVALID_SPAN
        return
    span = spans.start_span(name, kind=trace.SpanKind.CLIENT, attributes=facts)
    try:
        yield span
    except BaseException as error:
        fail(span, type(error).__name__)
        raise
    finally:
        span.end()


def fail(span: trace.Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(trace.StatusCode.ERROR)


def statement(text: str) -> Any:
    name = statement_name(text)
    return part(name, {"db.system.name": "postgresql", "db.query.summary": name})


class TracedConnection(KeptAlive):
    __slots__ = ()

    async def execute(self, query: str, *args: object, **options: Any) -> str:
        with statement(query):
            done: str = await super().execute(query, *args, **options)
            return done

    async def fetch(self, query: str, *args: object, **options: Any) -> Sequence[Record]:
        with statement(query):
            rows: Sequence[Record] = await super().fetch(query, *args, **options)
            return rows

    async def fetchrow(self, query: str, *args: object, **options: Any) -> Record | None:
        with statement(query):
            row: Record | None = await super().fetchrow(query, *args, **options)
            return row

    async def fetchval(self, query: str, *args: object, **options: Any) -> Any:
        with statement(query):
            return await super().fetchval(query, *args, **options)


class TracedRedisConnections:
    """Those of any kind: to one server, by a sentinel, or to a cluster."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self.ask_each, self.close = connections.ask_each, connections.close

    async def ask(self, *command: str | bytes | int) -> Any:
        name = str(command[0])
        if name == "EVALSHA":
            name = f"{name} {SCRIPTS[str(command[1])]}"
        with part(name, {"db.system.name": "redis", "db.operation.name": name}):
            return await self._connections.ask(*command)


class TracedHttpClient(httpx.AsyncClient):
    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        url = request.url
        facts: dict[str, Any] = {"http.request.method": request.method, "server.address": url.host}
        if url.port:
            facts["server.port"] = url.port
        with part(f"{request.method} {url.host}", facts) as span:
            response = await super().send(request, **options)
            span.set_attribute("http.response.status_code", response.status_code)
            if response.is_error:
                fail(span, str(response.status_code))
            return response


# By what the constructors of `Postgres` and `Redis`, and `new_http_client`, call them.
CLASSES: tuple[dict[str, Any], ...] = (
    {"connection_class": TracedConnection},
    {"wrap": TracedRedisConnections},
    {"client_class": TracedHttpClient},
)
