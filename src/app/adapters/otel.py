"""OpenTelemetry: collects the traces of this process, and hands them over in batches.

A thread of its own does that, from a queue that is bounded: nobody waits for the collector, and
what it does not take is dropped. All settings are those of OpenTelemetry's SDK, which reads them
itself: where to (OTLP over HTTP, in protobuf), how many are kept, what the service is called.
"""

import asyncio
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.metadata import version
from math import inf
from threading import Thread
from time import monotonic
from typing import Any

import requests
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.adapters.outages import AGAIN, Outages, describe_error, redact_contacts
from app.domain.tracing import TracedRequest, Tracer, current_trace

log = logging.getLogger("app.traces")

NO_ANSWER = "no answer in time"
ASK = 2.0  # seconds that the collector has to take a batch of nothing
FLUSH = 5.0  # seconds that a stop waits at most for what is left to be taken
# Requests whose spans are remembered, for the messages that they have queued.
REMEMBERED = 4096
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
OTHER = "_OTHER"  # as the semantic conventions call any other method

PROPAGATOR = TraceContextTextMapPropagator()


class Complaints(logging.Handler):
    """What the SDK writes into its log, over and over: in ours it is told once a minute."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._logged_at: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if "batch" in record.msg:
            return  # it was not taken, of which `CollectorExporter` tells
        if monotonic() - self._logged_at.get(record.msg, -inf) >= AGAIN:
            self._logged_at[record.msg] = monotonic()
            reason = redact_contacts(record.getMessage())
            log.warning("OpenTelemetry complains", extra={"reason": reason})


class CollectorSession(requests.Session):
    """Remembers why the collector did not take what it was given last."""

    reason = ""

    def request(self, *args: Any, **options: Any) -> requests.Response:
        try:
            response = super().request(*args, **options)
        except Exception as error:
            timeout = isinstance(error, requests.Timeout)
            self.reason = NO_ANSWER if timeout else describe_error(error)
            raise
        self.reason = f"HTTP {response.status_code} {response.reason}"
        return response


class CollectorExporter(SpanExporter):
    """Tells operators when the collector does not take what it is given, and when it does again."""

    def __init__(self, timeout: float | None = None) -> None:
        """`timeout` is in seconds for a batch, that of the environment unless it is given."""
        sdk = logging.getLogger("opentelemetry")
        sdk.handlers, sdk.propagate = [Complaints()], False
        self._outages = Outages("The collector of traces")
        self._session = CollectorSession()
        self._exporter = OTLPSpanExporter(session=self._session, timeout=timeout)

    @property
    def reason(self) -> str:
        """Why the last batch was not taken, in the words of the network or of the collector."""
        return self._session.reason

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            self._outages.report_recovery()
        else:
            self._outages.report_failure(self.reason)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class OpenTelemetry(Tracer):
    """`spans` is how the provider's are begun."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider, self._spans = provider, provider.get_tracer("latchkey")
        self._requests: dict[str, trace.SpanContext] = {}  # by their ids, the oldest first

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[TracedRequest]:
        method = method if method in METHODS else OTHER
        span = self._spans.start_span(
            method if method != OTHER else "HTTP",
            PROPAGATOR.extract(headers, Context()),
            trace.SpanKind.SERVER,
            {"http.request.method": method},
        )
        request = TracedRequest()
        with _current(span):
            try:
                yield request
            finally:
                self._end_request(span, request)

    def _end_request(self, span: trace.Span, request: TracedRequest) -> None:
        if span.is_recording():
            self._remember(request.request_id, span.get_span_context())
            span.set_attributes(_facts(request))
            if request.route:
                span.update_name(f"{span.name} {request.route}")  # type: ignore[attr-defined]
            if request.status >= 500:
                span.set_status(trace.StatusCode.ERROR)
        span.end()

    def _remember(self, request_id: str, context: trace.SpanContext) -> None:
        self._requests[request_id] = context
        if len(self._requests) > REMEMBERED:
            del self._requests[next(iter(self._requests))]

    @contextmanager
    def message(self, channel: str, request_id: str, facts: Mapping[str, str]) -> Iterator[None]:
        span = self._spans.start_span(
            f"send {channel}",
            Context(),
            trace.SpanKind.CONSUMER,
            {f"latchkey.{name}": value for name, value in facts.items()}
            | ({"latchkey.request_id": request_id} if request_id else {}),
        )
        with _current(span):
            try:
                yield
            finally:
                # The dispatcher may be faster than the answer to whoever has asked.
                if queued_by := self._requests.get(request_id):
                    span.add_link(queued_by)
                span.end()

    async def close(self, seconds: float) -> None:
        """What is left then is lost with the process: the thread is no reason for it to stay."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._provider.shutdown()
            with suppress(RuntimeError):  # nobody waited so long
                loop.call_soon_threadsafe(done.set)

        Thread(target=shut_down, daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(done.wait(), min(FLUSH, seconds))


@contextmanager
def _current(span: trace.Span) -> Iterator[None]:
    """Whatever adapters do meanwhile is a part of it, and log lines name its trace."""
    context = span.get_span_context()
    of_log = trace.format_trace_id(context.trace_id) if span.is_recording() else ""
    token, named = attach(trace.set_span_in_context(span)), current_trace.set(of_log)
    try:
        yield
    finally:
        current_trace.reset(named)
        detach(token)


def _facts(request: TracedRequest) -> dict[str, str | int]:
    facts: dict[str, str | int] = {
        "http.route": request.route,
        "http.response.status_code": request.status,
        "error.type": str(request.status) if request.status >= 500 else "",
        "latchkey.request_id": request.request_id,
        "latchkey.refusal": request.refusal,
    }
    return {name: value for name, value in facts.items() if value}


def start_tracing() -> Tracer:
    """With the sampler and the bounds that the environment names, or OpenTelemetry's own."""
    facts: dict[str, str | int] = {
        "service.version": version("latchkey"),
        "process.pid": os.getpid(),
    }
    if "service.name=" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        facts["service.name"] = os.environ.get("OTEL_SERVICE_NAME") or "latchkey"
    provider = TracerProvider(resource=Resource.create(facts), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(CollectorExporter()))
    trace.set_tracer_provider(provider)
    return OpenTelemetry(provider)


def ask_collector() -> str:
    """Why it does not take what it is given; "" where it does."""
    exporter = CollectorExporter(ASK)
    return "" if exporter.export(()) is SpanExportResult.SUCCESS else exporter.reason
