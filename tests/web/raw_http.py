"""HTTP as bytes, for what no client would send."""

import socket
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from tests.product import Product


@dataclass(frozen=True)
class Reply:
    """The first answer on a connection; nothing at all is status 0."""

    status: int
    headers: dict[str, str]
    body: bytes


NOTHING = Reply(0, {}, b"")


def connect(product: Product, timeout: float = 10.0) -> socket.socket:
    return socket.create_connection(("127.0.0.1", product.port), timeout=timeout)


def ask(product: Product, data: bytes, timeout: float = 10.0) -> Reply:
    """What is answered until the other side closes, which these requests ask for."""
    with connect(product, timeout) as connection:
        with suppress(ConnectionError):  # it may answer, and close, before it was told everything
            connection.sendall(data)
        return reply(everything(connection))


def request(target: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", "host: x", "connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def everything(connection: socket.socket) -> bytes:
    """Up to its end; what came before a reset counts too."""
    got = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65_536):
            got += piece
    return got


def reply(got: bytes) -> Reply:
    head, _, body = got.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    status = int(first.split()[1]) if first else 0
    return Reply(status, {name.lower(): value for name, _, value in pairs}, body)


def seconds_until_closed(connection: socket.socket) -> float:
    begun = monotonic()
    everything(connection)
    return monotonic() - begun
