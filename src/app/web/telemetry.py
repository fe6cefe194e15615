"""Logs: one JSON line an event, in UTC, with the request's id and nothing that is secret."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

import msgspec

from app.domain.audit.events import current_request

# What every record has; anything else was given as `extra` and is told.
STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
# Libraries that write URLs, headers or bodies: with secrets, codes and whole numbers in them.
TALKATIVE = ("httpx", "httpcore", "twilio", "python_http_client", "asyncio", "uvicorn.access")


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = _facts(record)
        if record.exc_info and record.exc_info[0]:
            # Not the exception's text: a database or vendor error repeats what it was given.
            line["exception"] = record.exc_info[0].__name__
            line["where"] = _where(record)
        return msgspec.json.encode(line).decode()


class ConsoleLines(logging.Formatter):
    """The same facts for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        rest = " ".join(f"{key}={value}" for key, value in facts.items() if key not in KNOWN)
        line = f"{clock} {record.levelname.lower():7} {record.getMessage()} {rest}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


KNOWN = ("at", "level", "logger", "event", "request_id")


def set_up_logging(level: str, style: str) -> None:
    """Everything to standard output, from here and from every library alike."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if style == "json" else ConsoleLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Not told, so not to be found out for each line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": record.getMessage(),
    }
    if request_id := current_request.get():
        facts["request_id"] = request_id
    facts |= {key: value for key, value in record.__dict__.items() if key not in STANDARD}
    return facts


def _where(record: logging.LogRecord) -> list[str]:
    """File and line of each frame of ours, innermost last."""
    traceback = record.exc_info[2] if record.exc_info else None
    frames = []
    while traceback:
        code = traceback.tb_frame.f_code
        frames.append(f"{code.co_filename.rpartition('/')[2]}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames
