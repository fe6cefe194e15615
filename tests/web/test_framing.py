"""A request whose framing breaks after a complete head is answered, and is no failure of ours."""

import json
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import pytest

from tests.product import Product
from tests.web.raw_http import ask, connect, everything, reply, request

FORM = "content-type: application/x-www-form-urlencoded"
CHUNKED = request(
    "/login/password", FORM, "sec-fetch-site: same-origin", "transfer-encoding: chunked",
    method="POST",
)  # fmt: skip
BROKEN = {
    "a size": b"ZZ\r\n",
    "a chunk's end": b"1\r\nabc\r\n",
    "an extension": b"1;" + b"a" * 300_000 + b"\r\nx\r\n0\r\n\r\n",
    "trailers": b"1\r\nx\r\n0\r\n" + b"x-trailer: y\r\n" * 20_000 + b"\r\n",
}


class Log:
    """What the product has logged since the test began."""

    def __init__(self, product: Product) -> None:
        self._path, self._begun = product.log, product.log.stat().st_size

    def read(self) -> str:
        return self._path.read_bytes()[self._begun :].decode()

    def statuses(self, count: int) -> list[int]:
        """Of the requests, once there are `count`; waits for 5 seconds."""
        deadline = monotonic() + 5
        while True:
            lines: list[dict[str, Any]] = [
                json.loads(line) for line in self.read().splitlines() if line[:1] == "{"
            ]
            requests = [line["status"] for line in lines if line["event"] == "request"]
            if len(requests) >= count or monotonic() > deadline:
                return requests
            sleep(0.05)


@pytest.fixture
def log(product: Product) -> Log:
    return Log(product)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("coding", ["gzip", "identity", "xchunked", "gzip, chunked"])
def test_an_unknown_transfer_coding_is_not_implemented(
    product: Product, coding: str, method: str
) -> None:
    """RFC 9112 6.1."""
    answer = ask(product, request("/login", f"transfer-encoding: {coding}", method=method))
    assert (answer.status, answer.headers["connection"]) == (501, "close")
    assert b"<h1" in answer.body


def test_chunked_is_the_last_coding(product: Product) -> None:
    answer = ask(product, request("/login", "transfer-encoding: chunked, identity", method="POST"))
    assert answer.status == 400


@pytest.mark.parametrize("coding", ["chunked", "Chunked", " chunked "])
def test_a_chunked_request_is_read(product: Product, coding: str) -> None:
    head = request("/login/password", FORM, f"transfer-encoding: {coding}", method="POST")
    assert ask(product, head + b"1\r\nx\r\n0\r\n\r\n").status == 403


@pytest.mark.parametrize("pause", [0.0, 0.3])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_body_is_refused(product: Product, log: Log, broken: str, pause: float) -> None:
    with connect(product) as connection:
        connection.sendall(CHUNKED)
        sleep(pause)
        connection.sendall(BROKEN[broken])
        answer = reply(everything(connection))
    assert (answer.status // 100, answer.headers["connection"]) == (4, "close")
    assert [status for status in log.statuses(1) if status >= 500] == []
    assert '"crash"' not in log.read()


def test_a_client_that_leaves_within_its_body_is_no_failure(product: Product, log: Log) -> None:
    for sent in (CHUNKED + b"5\r\nab", CHUNKED.replace(b"transfer-encoding", b"x")[:-2]
                 + b"content-length: 9\r\n\r\na"):  # fmt: skip
        with connect(product) as connection:
            connection.sendall(sent)
            sleep(0.3)
    assert log.statuses(2) == [400, 400]


def test_answers_of_the_server_itself_tell_browsers_to_stay_with_https(
    another_product: Callable[..., Product],
) -> None:
    one = another_product(BASE_URL="https://127.0.0.1")
    for sent, status in (
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (request("/", "x: " + "y" * 100_000), 431),
        (request("/", "transfer-encoding: gzip"), 501),
    ):
        answer = ask(one, sent)
        told = answer.headers.get("strict-transport-security")
        assert (answer.status, told) == (status, "max-age=63072000")
    assert "Fatal error" not in one.log.read_text()
