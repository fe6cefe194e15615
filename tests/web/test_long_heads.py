"""What is taken apart in Python, part by part, is held to far less than a head may have in all."""

import json
from time import process_time

import httpx
import pytest
from email_validator import EmailNotValidError, validate_email

from app.domain.identity.email_address import BadEmail, EmailAddress
from app.web.remembered_values import decode_value
from app.web.request_info import accepts_gzip
from tests.product import Product
from tests.web.raw_http import ask, request

FULL = "a=" + "b" * 4094  # bytes of a query that are read
COOKIES = "a=" + "b" * 16_382


@pytest.mark.parametrize("path", ["/login", "/pricing", "/nowhere"])
def test_a_query_longer_than_4_kib_is_told_so(product: Product, path: str) -> None:
    answer = ask(product, request(f"{path}?{FULL}c"))
    assert (answer.status, answer.headers["connection"]) == (414, "close")
    assert b"That address is too long" in answer.body
    assert "content-security-policy" in answer.headers
    assert ask(product, request(f"{path}?{'a&' * 32_000}")).status == 414


@pytest.mark.parametrize("headers", [[f"cookie: {COOKIES}c"], [f"cookie: {COOKIES}", "Cookie: d"]])
def test_cookies_longer_than_16_kib_are_told_so(product: Product, headers: list[str]) -> None:
    answer = ask(product, request("/login", *headers))
    assert (answer.status, answer.headers["connection"]) == (431, "close")
    assert b"Clear the cookies of this site" in answer.body


def test_a_program_is_told_so_in_problem_details(product: Product) -> None:
    """Under an id that the log has."""
    for sent, status, code in (
        (request(f"/api/v1/pricing?{FULL}c"), 414, "uri_too_long"),
        (request("/api/v1/me", f"cookie: {COOKIES}c"), 431, "headers_too_large"),
        (request("/api/v1/me", "host: twice"), 400, "bad_request"),
    ):
        answer = ask(product, sent)
        told = json.loads(answer.body)
        assert (answer.status, told["status"], told["code"]) == (status, status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-request-id"] in product.log.read_text()


def test_what_is_as_long_as_may_be_is_read(product: Product) -> None:
    answer = ask(product, request(f"/login?{FULL}", f"cookie: {COOKIES}"))
    assert answer.status == 200


def test_a_long_way_back_is_kept(product: Product) -> None:
    """From a page of ours with a long query of its own."""
    back = "/pricing?period=year&x=" + "y" * 1000
    answer = httpx.get(f"{product.url}/login", params={"return_to": back})
    assert (answer.status_code, decode_value(answer.cookies["return"])) == (200, back)


def test_a_long_list_of_encodings_is_not_read() -> None:
    assert accepts_gzip(b"gzip, deflate, br, zstd")
    assert not accepts_gzip(b"gzip," + b"a;q=1," * 10_000)


@pytest.mark.parametrize("first", [0x4E00, 0x20000])
def test_a_long_domain_is_refused_before_it_is_converted(first: int) -> None:
    domain = "".join(chr(first + 80 * n) for n in range(230))
    address, begun = f"a@{domain}.de", process_time()
    for _ in range(20):
        with pytest.raises(BadEmail) as refused:
            EmailAddress.parse(address)
        assert "too long" in str(refused.value.message)
    taken, begun = process_time() - begun, process_time()
    for _ in range(20):
        with pytest.raises(EmailNotValidError, match="too long"):
            validate_email(address, check_deliverability=False)
    assert taken < (process_time() - begun) / 3, "it was converted, as the library does"
