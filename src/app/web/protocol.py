"""HTTP/1.1 as the server reads it: uvicorn's own protocol, with bounds to what a client may send
before the application is asked, and to what it may leave unread, in bytes and in time.
"""

import asyncio
import resource
from fcntl import ioctl
from termios import FIONREAD
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.web.early_answers import EarlyAnswers
from app.web.errors import LastResort
from app.web.slow_readers import SlowReaders, bound_kernel_buffer
from app.web.telemetry import NoRoom

HEAD_SECONDS = 10.0  # for the whole head of a request, from the connection or its first byte
MOST_HEAD = 96 * 1024  # bytes of request line and headers, trailers included
MOST_FIELDS = 200  # headers; many small ones take far more memory than they have bytes
# What is taken apart in Python, part by part, is held to far less. Our own cookies have some
# 8 KiB together at most, the longest way back from an identity provider 2 KiB.
MOST_QUERY = 4 * 1024
MOST_COOKIES = 16 * 1024
MOST_WAITING = 16  # requests sent ahead on one connection (pipelining)
PIECE = 16 * 1024  # bytes that are read before the bounds are looked at again
WRITE_SECONDS = 20.0  # without the client taking a byte of what is written to it
LOOK = 1.0  # seconds between two looks at who takes nothing
LINGER = 1.0  # seconds for a refusal to arrive while the client still sends
# A process that has no descriptor left cannot even say so: some are kept for stores and vendors.
MOST_OPEN = max(64, min(1000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200))


class Protocol(HttpToolsProtocol):
    """One connection. Of all of a process, those that wait for their client are known by how long
    they have, oldest first: in `_unsent` is one whose request is not all here, from its start or
    from the end of the head; `_idle` are kept for the next request.
    """

    answers: ClassVar[EarlyAnswers]
    url = b""  # of the newest request, as far as it has come
    _unsent: ClassVar[dict["Protocol", None]] = {}
    _idle: ClassVar[dict["Protocol", None]] = {}
    _slow: ClassVar[SlowReaders] = SlowReaders()
    _no_room: ClassVar[NoRoom] = NoRoom()
    _looking = False  # of the class: while there are connections
    _timer: asyncio.TimerHandle | None = None
    _refused = False
    _in_head = _in_message = False
    _wrong = 400  # what the request is refused with when the parser gives up
    _unread = 0  # bytes since the parser last made something of them
    _size = 0  # bytes of the request line and all headers so far
    _cookies = 0  # bytes of all Cookie headers
    _hosts = 0
    _full = False  # the client has not taken what was written to it
    _held: tuple[RequestResponseCycle, Any] | None = None  # the next request, as long as that

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        bound_kernel_buffer(transport)
        self._look_again()
        if len(self.connections) > MOST_OPEN:
            self._make_room()
        self._unsent[self] = None
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            if self._refused or self.transport.is_closing():
                return
            piece = data[start : start + PIECE]
            self._unread += len(piece)
            super().data_received(piece)
            if self._unread + self._size > MOST_HEAD:
                self._refuse(400 if self._in_body else 431)
        if not (self._answering or self._refused):
            self._expect_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = self._in_message = True
        self._unread = self._size = self._hosts = self._cookies = 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._unread, self._size = 0, self._size + len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._unread, self._size = 0, self._size + len(name) + len(value)
        if len(self.headers) >= MOST_FIELDS or self._size > MOST_HEAD:
            self._wrong = 431
            raise ValueError("too many headers")
        # A trailer is no header (RFC 9110 6.5.1): a proxy has not looked at it.
        if self._in_head:
            lower = name.lower()
            self._hosts += lower == b"host"
            self._cookies += len(value) if lower == b"cookie" else 0
            if self._cookies > MOST_COOKIES:
                self._wrong = 431
                raise ValueError("too many cookies")
            if lower == b"transfer-encoding" and value.strip().lower() != b"chunked":
                self._wrong = 501  # RFC 9112 6.1
                raise ValueError("an unknown transfer coding")
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        least = self.parser.get_http_version() == "1.1"
        if not least <= self._hosts <= 1:  # RFC 9112 3.2
            raise ValueError("no host, or two")
        if len(self.url.partition(b"?")[2]) > MOST_QUERY:
            self._wrong = 414
            raise ValueError("too long a query")
        if len(self.pipeline) >= MOST_WAITING:
            raise ValueError("too many requests ahead")
        self._unread = 0
        self._idle.pop(self, None)
        self._stop_timer()
        self._unsent.setdefault(self)
        super().on_headers_complete()
        self._in_head = False  # not before: a target that is none is refused there

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message, self._unread, self._size = False, 0, 0
        self._unsent.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._answering or self.transport.is_closing():
            return
        self._idle[self] = None
        if self._in_message:  # answered before it was all sent
            self._expect_head()

    def pause_writing(self) -> None:
        """Called when the client does not take what is written. The answer that is being written is
        not held up: it is whole in memory, and has a deadline that is for our work alone.
        """
        self._full = True

    def resume_writing(self) -> None:
        """Called once the client has taken most of what was written."""
        self._full = False
        if self._held:
            held, self._held = self._held, None
            super()._start_asgi_task(*held)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """One answer after the other: who asks ahead and does not read holds one of them."""
        if self._full:
            self._held = (cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """The server stops. Whoever has sent a request that we have not read, or was only just let
        in, is answered before their connection is closed, too.
        """
        is_new = self.cycle is None or self._in_message
        if self._answering or self.transport.is_closing() or not (is_new or self._has_unread()):
            super().shutdown()
        else:
            self.loop.call_later(LINGER, self._close_if_unused)

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._wrong)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _in_body(self) -> bool:
        return self._in_message and not self._in_head

    @property
    def _may_answer_instead(self) -> bool:
        """Of the application, which has begun no answer to the request whose body comes."""
        return self._in_body and not (self.pipeline or self.cycle.response_started)

    def _has_unread(self) -> bool:
        """Bytes that the kernel has for us."""
        connection = self.transport.get_extra_info("socket")
        return any(ioctl(connection.fileno(), FIONREAD, bytes(4)))

    def _close_if_unused(self) -> None:
        if not self._answering:
            self.transport.close()

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self._head_took_too_long)

    def _head_took_too_long(self) -> None:
        self._timer = None
        if self._in_head:
            self._refuse(408)
        else:
            self.transport.close()

    def _look_again(self) -> None:
        if not Protocol._looking:
            Protocol._looking = True
            self.loop.call_later(LOOK, self._look)

    def _look(self) -> None:
        """Breaks off the connections whose clients have taken nothing for too long."""
        Protocol._looking, now = False, self.loop.time()
        self._slow.look(self.connections, now)
        for stalled in self._slow.since(now - WRITE_SECONDS):
            stalled._break_off()
        if self.connections:
            self._look_again()

    def _break_off(self) -> None:
        self._leave_waiting()
        self.transport.abort()
        self.connections.discard(self)  # at once: others may come before it is told

    def _leave_waiting(self) -> None:
        self._held = None
        self._slow.forget(self)
        self._unsent.pop(self, None)
        self._idle.pop(self, None)
        self._stop_timer()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _make_room(self) -> None:
        """Ends the connection that has taken nothing of its answer for longest, or else has waited
        longest for the rest of a request, or for the next one. Where every other one is being
        answered, this one is told to come back.
        """
        now = self.loop.time()
        self._slow.look(self.connections, now)
        waiting = self._slow.longest(now) or next(iter(self._unsent or self._idle), None)
        if waiting is None:
            self._no_room.log_refusal(MOST_OPEN)
            self._refuse(503)
        else:
            waiting._break_off()

    def _refuse(self, status: int) -> None:
        """Says so, and closes a moment later: closing on what is still being sent would take the
        answer away from the client. An answer that has begun, or belongs to an earlier request, is
        broken off. Once: one piece may be too large and broken as well.
        """
        if self._refused:
            return
        self._refused = True
        self._leave_waiting()
        if self.transport.is_closing() or (self._answering and not self._may_answer_instead):
            self.transport.abort()
            return
        if self._answering:  # the application is told that its client left
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.pause_reading()
        self.transport.write(self.answers.make(status, self.url))
        self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.abort)


Protocol.answers = EarlyAnswers(LastResort(), hsts="")
