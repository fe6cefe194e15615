"""Traces: what one request, or the sending of one message, spent its time on.

This is the port. Who collects traces is `adapters/otel.py`, which is there only where the settings
ask for it; without it nothing here is called.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

# Of the request or message under way, in hexadecimal; "" where no trace of it is collected.
current_trace: ContextVar[str] = ContextVar("current_trace", default="")


@dataclass(slots=True)
class TracedRequest:
    """What is known of a request once it is answered; its `status` is 0 where its client left
    first. `route` is a template. Never a path, which may hold a secret, nor a query.
    """

    route: str = ""
    status: int = 0
    request_id: str = ""
    refusal: str = ""


class Tracer(Protocol):
    """What happens inside either of the two, as far as adapters do it, is a part of it."""

    def request(
        self, method: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[TracedRequest]:
        """To be filled in before its end. `headers`: the `traceparent` and `tracestate` of whoever
        asked, if they are to be believed.
        """

    def message(
        self, channel: str, request_id: str, facts: Mapping[str, str]
    ) -> AbstractContextManager[None]:
        """One on its way out, queued by the request of that id, "" where nobody knows."""

    async def close(self, seconds: float) -> None:
        """Hands over what is left, within so many seconds."""
