"""The load: prepared bytes over kept-open connections, and as little work per answer as can be."""

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)", re.IGNORECASE)
END = b"\r\n\r\n"
FORM = b"application/x-www-form-urlencoded"
BROWSER = (
    b"user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
    b" Chrome/142.0.0.0 Safari/537.36\r\n"
    b"accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    b"accept-language: en-GB,en;q=0.9\r\n"
    b"sec-fetch-site: same-origin\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n"
    b"upgrade-insecure-requests: 1\r\n"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """`head` and `body` as they came over the wire."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    @property
    def size(self) -> int:
        return len(self.head) + len(END) + len(self.body)


class Connection(asyncio.Protocol):
    """One request at a time. `then` is called with what was answered."""

    def __init__(self) -> None:
        self._received = b""
        self._then: Callable[[Reply], None] = lambda reply: None
        self._lost: Callable[[], None] = lambda: None
        self._transport: Any = None
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport, self._is_open = transport, True

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        self._lost()

    def send(self, request: bytes, then: Callable[[Reply], None], lost: Callable[[], None]) -> None:
        self._then, self._lost = then, lost
        if self._is_open:
            self._transport.write(request)
        else:
            lost()  # it had been idle for too long

    def data_received(self, data: bytes) -> None:
        received = self._received + data if self._received else data
        end = received.find(END)
        length = _body_length(received, end)
        start = end + len(END)
        if length is None or len(received) < start + length:
            self._received = received
            return
        self._received = b""
        self._then(Reply(received[:end], received[start:]))

    async def ask(self, request: bytes) -> Reply:
        """Raises `ConnectionError` when the server hangs up."""
        answered = asyncio.get_running_loop().create_future()
        gone = ConnectionError("the server hung up")
        self.send(request, answered.set_result, lambda: _failed(answered, gone))
        reply: Reply = await answered
        return reply

    def close(self) -> None:
        self._lost = lambda: None
        self._transport.close()


def _body_length(received: bytes, end: int) -> int | None:
    """None while the head, which ends at `end`, is not whole. A 204 has no body and tells none."""
    if end < 0:
        return None
    length = LENGTH.search(received, 0, end)
    return int(length[1]) if length else 0


def _failed(answered: "asyncio.Future[Reply]", error: Exception) -> None:
    if not answered.done():
        answered.set_exception(error)


@dataclass(slots=True)
class Run:
    """What came of a load. `waits` in seconds, one an answer."""

    seconds: float = 0.0
    waits: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.waits) / self.seconds


async def connected(port: int) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


async def expect(connection: Connection, request: bytes, status: int) -> Reply:
    """Raises when it is answered with anything else."""
    reply = await connection.ask(request)
    if reply.status != status:
        raise RuntimeError(f"{request[:40]!r} was answered with {reply.head[:300]!r}")
    return reply


async def flat_out(
    port: int, requests: Iterable[bytes], seconds: float, status: int, connections: int = 32
) -> Run:
    """As many requests as are answered, each connection waiting for its answer before the next.
    Ends early when `requests` do. Raises when anything is answered but with `status`.
    """
    opened = [await connected(port) for _ in range(connections)]
    run, source, started = Run(), iter(requests), perf_counter()
    try:
        await asyncio.gather(
            *(_keep_asking(one, source, started + seconds, status, run) for one in opened)
        )
        run.seconds = perf_counter() - started
    finally:
        for one in opened:
            one.close()
    return run


def _keep_asking(
    connection: Connection, source: Iterator[bytes], until: float, status: int, run: Run
) -> "asyncio.Future[None]":
    """By callback, because a task switch an answer would cost the driver as much as the rest."""
    finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    expected, asked_at = str(status).encode(), 0.0

    def ask() -> None:
        nonlocal asked_at
        asked_at = perf_counter()
        request = next(source, None) if asked_at < until else None
        if request is not None:
            connection.send(request, answered, lost)
        elif not finished.done():
            finished.set_result(None)

    def answered(reply: Reply) -> None:
        run.waits.append(perf_counter() - asked_at)
        if reply.head[9:12] == expected:
            ask()
        elif not finished.done():
            finished.set_exception(RuntimeError(f"answered with {reply.head[:400]!r}"))

    def lost() -> None:
        if not finished.done():
            finished.set_exception(ConnectionError("the server hung up"))

    ask()
    return finished


def get(path: str, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET %s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s%s\r\n" % (path.encode(), BROWSER, lines)


def post(path: str, body: bytes, *headers: bytes, kind: bytes = FORM) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return (
        b"POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\n%s%s"
        b"content-type: %s\r\ncontent-length: %d\r\n\r\n%s"
    ) % (path.encode(), BROWSER, lines, kind, len(body), body)


def p99(waits: list[float]) -> float:
    """In seconds: 99 of 100 were answered faster."""
    return sorted(waits)[int(len(waits) * 0.99)]
