"""The server of one process: uvicorn's, which here loses no connection that it was given when it
stops.

Workers share one listening socket, which they have from their parent. With SO_REUSEPORT each would
have its own, with connections in its queue that the kernel took and nobody accepted: they would be
lost with a worker that is killed, and wait for one that hangs, while the others have nothing to do.
From a shared queue the next worker takes them. What is lost is the queue of whoever closes the
socket last, so the parent closes its own first and each worker empties the queue before it closes.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from socket import SocketType, socket
from time import monotonic
from types import FrameType

import uvicorn

from app.domain.health import Health

CLOSE = (b"connection", b"close")
PR_SET_PDEATHSIG = 1  # prctl(2)


class Server(uvicorn.Server):
    def end_connections(self) -> None:
        """From now on each answer is the last one of its connection. So a proxy gives up those that
        it keeps when nothing is under way, and not while it sends the next request.
        """
        headers = self.config.encoded_headers  # of which it makes those of all answers each second
        if CLOSE not in headers:
            headers.append(CLOSE)
            state = self.server_state
            state.default_headers = [*state.default_headers, CLOSE]

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """As before, once everybody is let in who was told that somebody listens."""
        self.end_connections()
        listening = [each for server in self.servers for each in server.sockets or ()]
        accepted = [one for each in listening for one in _accept_all(each)]
        for server in self.servers:
            server.close()
        for own in sockets or ():
            own.close()
        loop, config = asyncio.get_running_loop(), self.config
        for connection in accepted:
            await loop.connect_accepted_socket(
                lambda: config.http_protocol_class(  # type: ignore[call-arg]
                    config=config, server_state=self.server_state, app_state=self.lifespan.state
                ),
                connection,
            )
        await super().shutdown(sockets)


def _accept_all(listening: SocketType) -> Iterator[socket]:
    with socket(fileno=os.dup(listening.fileno())) as queue:
        queue.setblocking(False)
        while True:
            try:
                connection, _ = queue.accept()
            except OSError:  # BlockingIOError: there is nobody; and whoever has left already
                return
            connection.setblocking(False)
            yield connection


def end_with_parent(parent: int, number: signal.Signals) -> None:
    """Has the kernel send us that signal when our parent has ended, however it did. `parent` is who
    it was when we began; where it has ended since, nobody would be told any more.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)


# Draining: whoever sends people here is told to stop, before the process stops listening.

# Seconds between SIGTERM and the end of listening, in which `/health/ready` says 503 and all else
# is answered as ever. A load balancer that looks every second finds out in time.
GRACE = 1.0
# Who asked for `/health/ready` within so many seconds asks regularly, and sends people here until
# it was told so often to stop (HAProxy and Kubernetes: three times, unless they are set otherwise).
ASKS_EVERY, PROBES = 60.0, 3
LOOK = 0.1  # seconds


class Drain:
    """How a stop goes, in all within `seconds` from SIGTERM. Listening goes on for `grace` seconds;
    where a load balancer looks, until it has surely seen it, or for half of `seconds`. What is left
    is for what is under way, requests first and then messages.
    """

    def __init__(self, grace: float, seconds: float) -> None:
        self.grace, self._seconds = min(grace, seconds / 2), seconds
        self._begun_at = self._probed_at = -inf
        self._probes = 0

    @property
    def begun(self) -> bool:
        return self._begun_at > -inf

    def begin(self) -> None:
        if not self.begun:
            self._begun_at = monotonic()

    def note_probe(self) -> None:
        """Somebody asks whether to send people here."""
        self._probed_at = monotonic()
        self._probes += self.begun

    @property
    def has_been_seen(self) -> bool:
        """Whether nobody sends people here any more."""
        passed = monotonic() - self._begun_at
        is_watched = self._probed_at > self._begun_at - ASKS_EVERY
        seen = self._probes >= PROBES or not is_watched
        return passed >= self.grace and (seen or passed >= self._seconds / 2)

    @property
    def left(self) -> float:
        """In seconds; all of them where nothing was waited for yet."""
        passed = monotonic() - self._begun_at if self.begun else 0.0
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
    """Inside, SIGTERM reaches the server once the `drain` has been seen; a second one, at once. To
    be entered in the thread and loop of the server, when its own handler is in place.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    server = getattr(stop, "__self__", None)
    if not (drain.grace and callable(stop) and isinstance(server, Server)):
        yield
        return

    def stop_listening(number: int, frame: FrameType | None) -> None:
        server.config.timeout_graceful_shutdown = drain.left  # type: ignore[assignment]
        stop(number, frame)

    def look() -> None:
        if drain.has_been_seen:
            stop_listening(signal.SIGTERM, None)
        else:
            loop.call_later(LOOK, look)

    def begin() -> None:
        server.end_connections()
        look()

    def asked(number: int, frame: FrameType | None) -> None:
        if health.draining:
            stop_listening(number, frame)
            return
        health.draining = True
        drain.begin()
        loop.call_soon_threadsafe(begin)

    signal.signal(signal.SIGTERM, asked)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)
