"""Connections whose clients don't read what they are sent: an answer that nobody takes would keep
its connection for ever, also one that was closed, since closing waits for what is unwritten.
"""

import socket
from asyncio import Transport
from collections.abc import Iterable
from typing import Any, Protocol

# Of one answer, what the kernel holds beyond what is on its way; no page or file of ours is slower
# by it. Else it takes megabytes from us, and tells of no progress until a third of them is gone.
MOST_UNSENT = 16 * 1024
SETTLED = 0.25  # seconds; until then it may be an answer of this moment, which nobody could take


class Connection(Protocol):
    transport: Transport


class SlowReaders:
    """Those of a process, the one that has taken nothing for longest first. Taking a little counts:
    a slow network is given all the time it needs, but goes first where room is needed.
    """

    def __init__(self) -> None:
        self._waiting: dict[Any, tuple[int, float]] = {}  # bytes unwritten, and since when

    def look(self, connections: Iterable[Connection], now: float) -> None:
        """`now` in seconds of the loop's clock. Done again and again, and before `longest`."""
        before, self._waiting = self._waiting, {}
        taking = []
        for connection in connections:
            left = connection.transport.get_write_buffer_size()
            if not left:
                continue
            last, since = before.get(connection, (left, now))
            taking.append((now if left < last else since, left, connection))
        for since, left, connection in sorted(taking, key=lambda each: each[0]):
            self._waiting[connection] = (left, since)

    def longest(self, now: float) -> Any | None:
        return next(iter(self.since(now - SETTLED)), None)

    def since(self, before: float) -> list[Any]:
        """Those that have taken nothing since then."""
        return [each for each, (_, since) in self._waiting.items() if since <= before]

    def forget(self, connection: Connection) -> None:
        self._waiting.pop(connection, None)


def bound_kernel_buffer(transport: Transport) -> None:
    connection = transport.get_extra_info("socket")
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # Linux and macOS
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MOST_UNSENT)
