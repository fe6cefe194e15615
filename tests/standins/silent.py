"""A host that takes no connection and says no to none: packets to it are lost."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def lost_packets() -> Iterator[int]:
    """Its port. The queue of those who want in is full, so the system answers nobody else."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            with suppress(BlockingIOError):
                one.connect(server.getsockname())
        yield server.getsockname()[1]
        for one in waiting:
            one.close()
