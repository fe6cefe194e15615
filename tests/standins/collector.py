"""A stand-in for a collector of OpenTelemetry: takes traces by OTLP over HTTP, in protobuf."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.standins.http_server import Ending, Reply, Request, Server

IDS_AND_TIMES = (
    "trace_id", "span_id", "parent_span_id", "links", "start_time_unix_nano", "end_time_unix_nano"
)  # fmt: skip
ERROR = trace_pb2.Status.STATUS_CODE_ERROR


@dataclass(frozen=True)
class CollectedSpan:
    """Ids are in hexadecimal, `parent` is "" for a first one. `kind` in lower case, as `server`."""

    name: str
    kind: str
    trace: str
    id: str
    parent: str
    failed: bool
    seconds: float
    facts: dict[str, Any]
    resource: dict[str, Any]
    links: list[tuple[str, str]] = field(default_factory=list)


class CollectorStandIn:
    """`spans` in the order they came in. `text` is all that was ever posted, but for ids and times,
    in which anything may be found.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._server = Server(self._reply)
        self.spans: list[CollectedSpan] = []
        self.text = ""
        self.usual = Reply(200, b"", {"Content-Type": "application/x-protobuf"})

    @property
    def environment(self) -> dict[str, str]:
        """Soon, and without patience for one that is away."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{self._server.port}",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def hang(self) -> None:
        self.usual = replace(self.usual, ending=Ending.HANG)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def find(self, name: str, **facts: Any) -> CollectedSpan:
        """The newest of that name and with these facts, once there is one."""

        def found() -> list[CollectedSpan]:
            return [s for s in self.spans if s.name == name and facts.items() <= s.facts.items()]

        self._wait_for(lambda: bool(found()))
        assert found(), f"no span {name}, but {sorted({each.name for each in self.spans})}"
        return found()[-1]

    def parts_of(self, whole: CollectedSpan, *names: str) -> list[CollectedSpan]:
        """Once those of these names are there."""

        def parts() -> list[CollectedSpan]:
            return [s for s in self.spans if (s.trace, s.parent) == (whole.trace, whole.id)]

        self._wait_for(lambda: {*names} <= {each.name for each in parts()})
        return parts()

    def has_part(self, whole: CollectedSpan, name: str) -> bool:
        """Its last part is there."""
        return name in {each.name for each in self.parts_of(whole, "COMMIT")}

    def _wait_for(self, true: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(true, 30.0)

    def _reply(self, request: Request) -> Reply:
        with self._changed:
            assert (request.method, request.path) == ("POST", "/v1/traces")
            assert request.headers["content-type"] == "application/x-protobuf"
            if self.usual.ending is Ending.WHOLE:
                posted = ExportTraceServiceRequest.FromString(request.body)
                self.spans += _spans_of(posted)
                self.text += _text_of(posted)
                self._changed.notify_all()
            return self.usual


def _spans_of(request: ExportTraceServiceRequest) -> Iterator[CollectedSpan]:
    for process in request.resource_spans:
        for scope in process.scope_spans:
            for span in scope.spans:
                yield _span(span, _facts(process.resource.attributes))


def _text_of(request: ExportTraceServiceRequest) -> str:
    for process in request.resource_spans:
        for scope in process.scope_spans:
            for span in scope.spans:
                for name in IDS_AND_TIMES:
                    span.ClearField(name)
    return str(request)


def _span(span: trace_pb2.Span, resource: dict[str, Any]) -> CollectedSpan:
    return CollectedSpan(
        span.name,
        trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.status.code == ERROR,
        (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
        _facts(span.attributes),
        resource,
        [(link.trace_id.hex(), link.span_id.hex()) for link in span.links],
    )


def _facts(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
