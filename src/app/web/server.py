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
from socket import SocketType, socket

import uvicorn

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
