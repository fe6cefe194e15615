"""What a client may send before the application is asked has its bounds, in bytes and in time."""

import resource
import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.faults.staged import until
from tests.product import Product
from tests.web.raw_http import NOTHING, Reply, ask, connect, everything, reply, request

FLOOD = 61 * 1024 * 1024
START = b"GET /health/live HTTP/1.1\r\nhost: x\r\n"
CHUNKED = (
    b"POST /signup/phone HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
    b"content-type: application/x-www-form-urlencoded\r\n\r\n"
)
HALF_A_FORM = (
    b"POST /login/password HTTP/1.1\r\nhost: x\r\nsec-fetch-site: same-origin\r\n"
    b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 1000\r\n\r\na"
)
DROPS = b"a: b\r\n"
# What is sent first, and then again and again.
ENDLESS = {
    "many headers": (START, b"x-header: " + b"y" * 1000 + b"\r\n"),
    "tiny headers": (START, b"a:b\r\n" * 200),
    "one header": (START + b"x-header: ", b"y" * 1000),
    "one name": (START, b"y" * 1000),
    "an address": (b"GET /", b"y" * 1000),
    "empty lines": (b"", b"\r\n" * 500),
    "trailers": (CHUNKED + b"0\r\n", b"x-trailer: " + b"y" * 1000 + b"\r\n"),
    "a chunk's extension": (CHUNKED + b"1;", b"y" * 1000),
    "requests": (b"", START + b"\r\n"),
}
PAST = "x-a: " + "y" * 50_000, "x-b: " + "y" * 50_000, "x-c: " + "y" * 20_000


def memory(product: Product) -> int:
    """Bytes that the process holds, MiB by MiB."""
    [line] = [
        line
        for line in Path(f"/proc/{product.pid}/status").read_text().splitlines()
        if line.startswith("VmRSS:")
    ]
    return int(line.split()[1]) // 1024


def open_files(product: Product) -> int:
    return len([*Path(f"/proc/{product.pid}/fd").iterdir()])


def answers_at_once(product: Product) -> bool:
    """Long before anything that it waits for is given up."""
    begun = monotonic()
    assert ask(product, request("/health/live")).status == 200
    return monotonic() - begun < 4


@pytest.mark.parametrize("kind", ENDLESS)
def test_endless_heads_are_refused_and_take_no_memory(product: Product, kind: str) -> None:
    first, again = ENDLESS[kind]
    before, sent = memory(product), 0
    with connect(product) as connection, suppress(ConnectionError):
        connection.sendall(first)
        while sent < FLOOD:
            connection.sendall(again * 20)
            sent += len(again) * 20
    assert sent < FLOOD / 2, "it went on reading"
    assert memory(product) - before < 12
    assert answers_at_once(product)


def test_a_head_that_is_too_large_is_told_so(product: Product) -> None:
    answer = ask(product, request("/health/live", *PAST))
    assert (answer.status, answer.headers["connection"]) == (431, "close")
    assert b"That was too much" in answer.body
    many = ask(product, request("/health/live", *[f"x-{n}: y" for n in range(300)]))
    assert many.status == 431


@pytest.mark.parametrize("headers", [(PAST[0], PAST[2][:15_000]), ("x-e: " + "y" * 65_536,)])
def test_64_kib_of_headers_are_read(product: Product, headers: tuple[str, ...]) -> None:
    assert ask(product, request("/health/live", *headers)).status == 200


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["GET /health/live HTTP/1.1"], 400),
        (["GET /health/live HTTP/1.1", "Host: a", "Host: a"], 400),
        (["GET /health/live HTTP/1.1", "Host: a", "hOST: b"], 400),
        (["GET http://a/health/live HTTP/1.1"], 400),
        (["GET /health/live HTTP/1.0", "Host: a", "Host: b"], 400),
        (["GET /health/live HTTP/1.0"], 200),
        (["GET /health/live HTTP/1.1", "Host:"], 200),
    ],
)
def test_a_request_names_its_host_once(product: Product, lines: list[str], status: int) -> None:
    """RFC 9112 3.2; HTTP/1.0 need not name it."""
    data = "\r\n".join([*lines, "connection: close", "", ""]).encode()
    assert ask(product, data).status == status


def test_a_few_requests_may_be_sent_ahead(product: Product) -> None:
    with connect(product) as connection:
        connection.sendall((START + b"\r\n") * 5 + request("/health/live"))
        assert everything(connection).count(b"HTTP/1.1 200 OK") == 6


def test_a_trailer_is_no_header(product: Product) -> None:
    head = request("/signup/phone", "content-type: text/plain", "transfer-encoding: chunked",
                   method="POST")  # fmt: skip
    trailer = b"1\r\nx\r\n0\r\nhx-request: true\r\n\r\n"
    answer = ask(product, head + trailer)
    assert (answer.status, b"<html" in answer.body) == (415, True)


@pytest.fixture
def many_files() -> Iterator[None]:
    """More than the 1,024 that a shell often allows: the crowd is ours to open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def crowd(many_files: None, own: Product) -> Iterator[list[socket.socket]]:
    """More connections than it takes, each with half a head."""
    with ExitStack() as stack:
        crowd = []
        for _ in range(1300):
            crowd.append(stack.enter_context(connect(own)))
            crowd[-1].sendall(START)
        yield crowd


def test_half_open_connections_make_room_for_others(
    own: Product, crowd: list[socket.socket]
) -> None:
    with connect(own) as kept:
        kept.sendall(START + b"\r\n")
        assert kept.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert answers_at_once(own)
        assert open_files(own) < 1100
        for _ in range(300):
            with connect(own) as another:
                another.sendall(START)
        kept.sendall(request("/health/live"))
        assert reply(everything(kept)).status == 200, "it was asked before, and is kept for longer"
    assert memory(own) < 200
    until(lambda: open_files(own) < 100)  # none is waited for for ever


def test_half_sent_forms_make_room_for_others(many_files: None, own: Product) -> None:
    """More of them than connections are kept, while others ask."""
    with connect(own) as kept, ExitStack() as stack:
        kept.sendall(START + b"\r\n")
        assert kept.recv(4096).startswith(b"HTTP/1.1 200 ")
        seen = set()
        for count in range(1500):
            stack.enter_context(connect(own)).sendall(HALF_A_FORM)
            if count % 50 == 0:
                seen |= {ask(own, request(path)).status for path in ("/health/live", "/login")}
        assert seen == {200}
        kept.sendall(request("/health/live"))
        assert reply(everything(kept)).status == 200
    assert open_files(own) < 1100


SLOW_HEADS = (b"", b"GET /hea", START, CHUNKED + b"1\r\n")
Slow = dict[bytes, Future[tuple[Reply, float]]]


@pytest.fixture(scope="module")
def slow(product: Product) -> Iterator[Slow]:
    """All who wait to be given up, at the same time; how each was answered, after which seconds."""
    with ThreadPoolExecutor() as threads:
        heads = {sent: threads.submit(sent_and_waited, product, sent) for sent in SLOW_HEADS}
        yield heads | {DROPS: threads.submit(sent_in_drops, product)}


def sent_and_waited(product: Product, sent: bytes) -> tuple[Reply, float]:
    with connect(product, 30) as connection:
        connection.sendall(sent)
        begun = monotonic()
        return reply(everything(connection)), monotonic() - begun


def sent_in_drops(product: Product) -> tuple[Reply, float]:
    begun = monotonic()
    with connect(product) as connection, suppress(ConnectionError):
        connection.sendall(START)
        while monotonic() - begun < 30:
            connection.sendall(DROPS)
            sleep(0.5)
    return NOTHING, monotonic() - begun


@pytest.mark.parametrize("sent", SLOW_HEADS)
def test_a_slow_head_is_given_up(slow: Slow, sent: bytes) -> None:
    answer, took = slow[sent].result()
    assert 4 < took < 20
    assert answer.status == (0 if not sent else 503 if sent.startswith(CHUNKED) else 408)


def test_a_head_in_drops_has_no_longer(slow: Slow) -> None:
    assert slow[DROPS].result()[1] < 20
