"""Draining: whoever sends people here is told to stop, before the process stops listening."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

from app.domain.health import Health

# Seconds between SIGTERM and the end of listening, in which `/health/ready` says 503 and all else
# is answered as ever. A load balancer that looks every second finds out in time.
GRACE = 1.0


class Drain:
    """How long a stop waits for what is under way, requests first and then messages: in all
    `seconds` from the moment when the server stops listening, `grace` seconds after SIGTERM.
    """

    def __init__(self, grace: float, seconds: float) -> None:
        self.grace, self._seconds = grace, seconds
        self._begun_at: float | None = None

    def begin(self) -> None:
        self._begun_at = self._begun_at or monotonic()

    def left(self) -> float:
        """In seconds; all of them where nothing was waited for yet."""
        passed = monotonic() - self._begun_at if self._begun_at else 0.0
        return max(0.0, self._seconds - passed)


@contextmanager
def stopped_at_once() -> Iterator[None]:
    """While the server starts, SIGTERM ends the process with 0: it answers nobody yet, and what it
    waits for may never come. To be entered in the thread of the server.
    """
    stop = signal.getsignal(signal.SIGTERM)
    if not callable(stop):  # no server runs this
        yield
        return
    if getattr(getattr(stop, "__self__", None), "should_exit", False):
        os._exit(0)  # uvicorn was told while it loaded the application
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)


@contextmanager
def not_ready_first(health: Health, drain: Drain) -> Iterator[None]:
    """Inside, SIGTERM reaches the server `drain.grace` seconds later; a second one, at once. To be
    entered in the thread and loop of the server, when its own handler is in place.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if not drain.grace or not callable(stop):
        yield
        return

    def stop_listening(number: int, frame: FrameType | None) -> None:
        drain.begin()
        stop(number, frame)

    def asked(number: int, frame: FrameType | None) -> None:
        if health.draining:
            stop_listening(number, frame)
            return
        health.draining = True
        loop.call_soon_threadsafe(loop.call_later, drain.grace, stop_listening, number, None)

    signal.signal(signal.SIGTERM, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)
