"""Who doesn't read an answer keeps nobody else out; who reads slowly gets it whole."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.staged import until
from tests.product import Product
from tests.web.raw_http import ask, request

LARGEST = "/static/000000000000/htmx.min.js"  # of another version: it is answered all the same
AHEAD = 16  # requests that may be sent ahead


@pytest.fixture
def narrow(another_product: Callable[..., Product]) -> Product:
    """One that keeps 64 connections, by the files it may open."""
    return another_product(files=264)


def reader(product: Product, requests: bytes) -> socket.socket:
    """A client with room for next to nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", product.port))
    connection.sendall(requests)
    return connection


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


def queues(product: Product) -> dict[int, int]:
    """Bytes that the kernel holds of each connection the process has, by the client's port."""
    mine = f":{product.port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {
        int(line[2].partition(":")[2], 16): int(line[4].partition(":")[0], 16)
        for line in lines
        if line[1].endswith(mine) and line[3] == "01"
    }


def kept(product: Product, readers: list[socket.socket]) -> int:
    open_now = queues(product)
    return sum(each.getsockname()[1] in open_now for each in readers)


def ask_on(product: Product, readers: list[socket.socket]) -> None:
    """For eight more files each, where all that was asked for is answered, until none is."""
    size = len(ask(product, request(LARGEST)).body)
    sent = dict.fromkeys(readers, AHEAD)
    for _ in range(20):
        sleep(0.5)
        held = queues(product)
        for each in readers:
            if held.get(each.getsockname()[1], 0) > size * sent[each]:
                each.sendall(get(LARGEST) * 8)
                sent[each] += 8


Slow = dict[str, Future[None]]


@pytest.fixture(scope="module")
def slow(product: Product) -> Iterator[Slow]:
    """Those who take long, at the same time as whoever else is looked at here."""
    with ThreadPoolExecutor() as threads:
        both = {"nothing": read_nothing, "slowly": read_slowly}
        yield {how: threads.submit(read, product) for how, read in both.items()}


def read_nothing(product: Product) -> None:
    last = get(LARGEST).replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
    with ExitStack() as stack:
        sent = (get(LARGEST) * AHEAD, get(LARGEST) * 3 + last)
        readers = [stack.enter_context(reader(product, each)) for each in sent]
        sleep(15)
        assert kept(product, readers) == 2, "they may go on reading"
        until(lambda: kept(product, readers) == 0)  # none is waited for for ever


def read_slowly(product: Product) -> None:
    once = len(ask(product, request(LARGEST)).body)
    with reader(product, get(LARGEST) * 5 + request(LARGEST)) as connection:
        got, begun = b"", monotonic()
        with suppress(ConnectionError):
            while piece := connection.recv(8 * 1024):
                got += piece
                sleep(0.4 if monotonic() - begun < 25 else 0)
    assert monotonic() - begun > 22, "it took longer than a client may take nothing"
    assert (got.count(b"HTTP/1.1 200 OK"), len(got) > 6 * once) == (6, True)


def test_who_reads_nothing_keeps_nobody_out(narrow: Product, slow: Slow) -> None:
    with ExitStack() as stack:
        readers = [stack.enter_context(reader(narrow, get(LARGEST) * AHEAD)) for _ in range(63)]
        ask_on(narrow, readers)
        readers += [stack.enter_context(reader(narrow, get(LARGEST) * AHEAD)) for _ in range(10)]
        ask_on(narrow, readers[-10:])
        for path in ("/health/live", "/login") * 5:
            assert ask(narrow, request(path)).status == 200


def test_who_reads_nothing_is_given_up(slow: Slow) -> None:
    slow["nothing"].result()


def test_who_reads_slowly_gets_it_whole(slow: Slow) -> None:
    slow["slowly"].result()


def test_little_is_held_for_who_reads_nothing(product: Product) -> None:
    """What was asked ahead is answered once what was answered before it is taken."""
    with reader(product, get(LARGEST) * AHEAD) as connection:
        sleep(1.0)
        assert queues(product)[connection.getsockname()[1]] < 200_000
