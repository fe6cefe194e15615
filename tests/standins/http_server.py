"""A small HTTP/1.1 server on loopback that can misbehave: hang, cut its answer, drop the line."""

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

import h11


class Ending(Enum):
    WHOLE = "answers"
    HANG = "never answers, keeps the connection open"
    CUT = "promises more bytes than it sends"
    DRIP = "sends its body byte by byte, for ever"
    DROP = "resets the connection without an answer"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE
    delay: float = 0.0  # seconds


class Server:
    """Runs in a thread of its own, so it serves tests and other processes alike.

    Stopped, it keeps its port to itself and refuses connections; started again, it is back there.
    """

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._reserved = _reserve(0)
        self.port: int = self._reserved.getsockname()[1]
        self._thread.start()

    def start(self) -> None:
        if self._server is None:
            asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)

    def stop(self) -> None:
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)

    def close(self) -> None:
        self.stop()
        self._reserved.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, sock=self._reserved, backlog=512)

    async def _stop(self) -> None:
        assert self._server is not None
        # Closed in between, asyncio would leave open for good what it has just accepted.
        while accepted := asyncio.all_tasks() - self._connections - {asyncio.current_task()}:
            await asyncio.wait(accepted, timeout=0.01)  # until each is served
        self._server.close()
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._server = None
        self._reserved = _reserve(self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, h11.RemoteProtocolError, asyncio.CancelledError):
            pass  # the client went away or the server was stopped
        finally:
            writer.transport.abort()
            self._connections.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        while True:
            request = await _receive(http, reader)
            if request is None:
                return
            reply = self._answer(request)
            await asyncio.sleep(reply.delay)
            await _send(http, reader, writer, reply)
            if reply.ending is not Ending.WHOLE or http.our_state is not h11.DONE:
                return
            http.start_next_cycle()


async def _receive(http: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            http.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), head.target.decode(), headers, bytes(body))
        else:
            return None


async def _send(
    http: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Reply
) -> None:
    if reply.ending is Ending.DROP:
        return
    if reply.ending is Ending.HANG:
        await reader.read()  # until the client gives up
        return
    cut = {Ending.CUT: 100, Ending.DRIP: 1_000_000}.get(reply.ending, 0)
    headers = {**reply.headers, "Content-Length": str(len(reply.body) + cut)}
    writer.write(http.send(h11.Response(status_code=reply.status, headers=list(headers.items()))))
    writer.write(http.send(h11.Data(data=reply.body)))
    if reply.ending is Ending.DRIP:
        await _drip(http, writer)
    if reply.ending is Ending.WHOLE:
        writer.write(http.send(h11.EndOfMessage()))
    await writer.drain()
    if reply.ending is Ending.CUT:
        await asyncio.sleep(0.05)  # so that what was sent arrives before the reset


async def _drip(http: h11.Connection, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(http.send(h11.Data(data=b" ")))
        await writer.drain()
        await asyncio.sleep(0.05)


def _reserve(port: int) -> socket.socket:
    """Bound but not listening: connections are refused, and nobody else gets the port."""
    reserved = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", port))
    return reserved
