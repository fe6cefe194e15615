"""Draining: whoever sends people here is told to stop, before the process stops listening."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.domain.health import Health

# Seconds between SIGTERM and the end of listening, in which `/health/ready` says 503 and all else
# is answered as ever. A load balancer that looks every second finds out in time.
GRACE = 1.0


@contextmanager
def not_ready_first(health: Health, grace: float) -> Iterator[None]:
    """Inside, SIGTERM reaches the server `grace` seconds later; a second one, at once. To be
    entered in the thread and loop of the server, when its own handler is in place.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    if not grace or not callable(stop):
        yield
        return

    def drain(number: int, frame: FrameType | None) -> None:
        if health.draining:
            stop(number, frame)
            return
        health.draining = True
        loop.call_soon_threadsafe(loop.call_later, grace, stop, number, None)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)
