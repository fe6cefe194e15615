"""A stop of the server loses nobody, not even who comes in the moment before it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn

from app.web.server import Server
from tests.product import PATIENCE, free_port

ASKED = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\na"


class BusyServer(Server):
    """Has no time for anybody in the half second before it stops."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_busy = threading.Event()

    async def on_tick(self, counter: int) -> bool:
        if self.should_exit:
            self.is_busy.set()
            time.sleep(0.5)  # noqa: ASYNC251 - as a busy loop has
        return await super().on_tick(counter)


async def answer(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def serving(port: int) -> Iterator[BusyServer]:
    config = uvicorn.Config(
        answer, port=port, loop="uvloop", http="app.web.protocol:Protocol", lifespan="off",
        log_config=None, timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = BusyServer(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield server
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


def whole_answer(connection: socket.socket) -> bytes:
    """Until the server closes."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


def test_who_comes_in_the_moment_before_is_answered_and_told_to_leave() -> None:
    with ExitStack() as opened, serving(port := free_port()) as server:
        kept = opened.enter_context(connected(port))
        kept.sendall(ASKED)
        assert b"connection" not in kept.recv(4096).lower()
        server.should_exit = True
        assert server.is_busy.wait(PATIENCE)
        begun = time.monotonic()
        new = [opened.enter_context(connected(port)) for _ in range(5)]
        for connection in (kept, *new):
            connection.sendall(ASKED)
        assert time.monotonic() - begun < 0.4, "the machine was too slow to tell"
        for connection in (kept, *new):
            answered = whole_answer(connection)
            assert answered.startswith(b"HTTP/1.1 200 ")
            assert b"connection: close" in answered
