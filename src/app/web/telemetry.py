"""Logs: one JSON line an event, in UTC, with the request's id and nothing that is secret."""

import app.web.lean_structlog  # isort: skip  # noqa: F401 - before structlog

import logging
import sys
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache, lru_cache
from math import inf
from time import monotonic, time
from traceback import format_exception
from types import TracebackType
from typing import Any

import msgspec
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import FilteringBoundLogger

from app.domain.audit import current_request
from app.domain.errors import Refusal, TooMany, Unavailable
from app.domain.metrics import OTHER, REFUSALS, REQUEST_SECONDS, REQUESTS
from app.domain.tracing import current_trace

# What every record has; anything else was given as `extra` and is told. `color_message` is an event
# of uvicorn's once more, with the codes of a terminal in it.
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message", "asctime", "taskName", "color_message"
}  # fmt: skip
# Libraries that write URLs, headers or bodies: with secrets, codes and whole numbers in them.
TALKATIVE = ("httpx", "httpcore", "twilio", "python_http_client", "asyncio", "uvicorn.access")
SHOWN_FIRST = ("at", "level", "logger", "event", "request_id", "trace_id")

Facts = dict[str, Any]

NO_ROUTE = "none"
METHODS = ("GET", "POST", "DELETE", "PATCH", "OPTIONS")  # a HEAD is asked for as a GET
STATUSES = {0: "none"} | {status: str(status) for status in range(100, 600)}

# Paths that end in a secret: whoever has the link may do what it is for.
LOGGED_SO_FAR = "/account/undo/"

ACCESS, TRACEBACK = "app.access", "traceback"
refusal_log = logging.getLogger("app.refusals")
# Why the request under way was refused, by the code of the refusal; '' where it was not.
current_refusal: ContextVar[str] = ContextVar("current_refusal", default="")


def set_up_logging(level: str, style: str) -> None:
    """Everything to standard output, from here and from every library alike."""
    read, render = (_read_record, _as_json) if style == "json" else (_read_whole, _as_text)
    records = logging.StreamHandler(sys.stdout)
    records.setFormatter(ProcessorFormatter(processors=[read, render]))
    logging.basicConfig(level=level, handlers=[records], force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[_read_request, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    access_log.cache_clear()


@cache
def access_log() -> FilteringBoundLogger:
    """Bound once: by what `get_logger` returns, each line would be bound anew, a fifth of it."""
    bound: FilteringBoundLogger = structlog.get_logger().bind()
    return bound


def log_request(facts: Facts) -> None:
    """One line of the access log, without the long way through `logging`, on which each request
    would spend a quarter of the time of a page.
    """
    with suppress(OSError, ValueError):  # a full disk or closed stream stops no answer
        access_log().info("request", **facts)


# What structlog does to a line, one after the other: it is read, then written.


def _read_request(_: object, level: str, facts: Any) -> Facts:
    event: str = facts.pop("event")
    line: Facts = {"at": _moment(time()), "level": level, "logger": ACCESS, "event": event, **facts}
    if trace_id := current_trace.get():
        line["trace_id"] = trace_id
    return line


def _read_record(_: object, __: str, given: Any) -> Facts:
    """One of `logging`. Not the text of an exception: the error of a database or vendor repeats
    what it was given.
    """
    facts = _facts(given["_record"], given["event"])
    kind, _error, traceback = given.get("exc_info") or (None, None, None)
    return facts | {"exception": kind.__name__, "where": _where(traceback)} if kind else facts


def _read_whole(_: object, __: str, given: Any) -> Facts:
    """The same for a person at a terminal, with all that an exception says."""
    facts = _facts(given["_record"], given["event"])
    raised = given.get("exc_info")
    return facts | {TRACEBACK: "\n" + "".join(format_exception(raised[1]))} if raised else facts


def _as_json(_: object, __: str, facts: Any) -> str:
    return msgspec.json.encode(facts).decode()


def _as_text(_: object, __: str, facts: Any) -> str:
    traceback = facts.pop(TRACEBACK, "")
    rest = " ".join(f"{key}={value}" for key, value in facts.items() if key not in SHOWN_FIRST)
    return f"{facts['at'][11:19]} {facts['level']:7} {facts['event']} {rest}{traceback}".rstrip()


def count_request(scope: Any, status: int, seconds: float) -> None:
    """By the template of its route, never by its path. A `status` of 0: its client left first."""
    route, method = scope.get("path_template") or NO_ROUTE, scope["method"]
    if method not in METHODS:
        route, method = NO_ROUTE, OTHER
    REQUESTS.add(route, method, STATUSES.get(status, OTHER))
    REQUEST_SECONDS.observe(seconds, route, method)


def log_refusal(refusal: Refusal) -> None:
    """The line of its request names it. What we cannot do, or not again so soon, has one besides,
    with the cause. A limit with a name has told of itself.
    """
    current_refusal.set(refusal.code)
    REFUSALS.add(refusal.code)
    if refusal.limit:
        return
    if isinstance(refusal, Unavailable):
        refusal_log.warning("unavailable", extra=refusal_facts(refusal))
    elif isinstance(refusal, TooMany):
        refusal_log.info("asked too soon", extra=refusal_facts(refusal))


def log_deadline() -> None:
    """As if it was a refusal: whoever asked is told to come back."""
    current_refusal.set("deadline")
    facts = {"code": "deadline", "cause": "TimeoutError", "reason": "it took too long"}
    refusal_log.warning("unavailable", extra=facts)


class NoRoom:
    """Connections that a process has no room for, which are refused; a line a second for many."""

    def __init__(self) -> None:
        self._at, self._refused = -inf, 0

    def log_refusal(self, most: int) -> None:
        self._refused += 1
        if monotonic() - self._at >= 1.0:
            facts = {"code": "no_room", "refused": self._refused}
            reason = f"all {most} connections are being answered"
            refusal_log.warning("unavailable", extra={**facts, "reason": reason})
            self._at, self._refused = monotonic(), 0


def refusal_facts(refusal: Refusal) -> Facts:
    """`reason` is the words of what does not answer."""
    cause = type(refusal.__cause__).__name__ if refusal.__cause__ else "decided"
    facts = {"code": refusal.code, "cause": cause}
    return facts | {"reason": refusal.reason} if isinstance(refusal, Unavailable) else facts


def path_without_secrets(path: str) -> str:
    """A path as it may be kept."""
    return f"{LOGGED_SO_FAR}…" if path.startswith(LOGGED_SO_FAR) else path[:200]


def _facts(record: logging.LogRecord, event: str) -> Facts:
    facts: Facts = {
        "at": _moment(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event,
    }
    if request_id := current_request.get():
        facts["request_id"] = request_id
    if trace_id := current_trace.get():
        facts["trace_id"] = trace_id
    return facts | {key: value for key, value in vars(record).items() if key not in STANDARD}


def _moment(seconds: float) -> str:
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03}+00:00"


@lru_cache(4)
def _second(seconds: int) -> str:
    """Once for all lines of that second: four times as fast for the rest of them."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()[:19]


def _where(traceback: TracebackType | None) -> list[str]:
    """File and line of each frame, innermost last."""
    frames = []
    while traceback:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames
