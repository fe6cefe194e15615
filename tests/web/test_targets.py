"""Request targets that no page of ours has: an answer in words, never a failure of our own."""

import pytest

from app.web.middleware import CSP
from tests.pages import LAST_RESORT_CSP
from tests.product import Product
from tests.web.raw_http import ask, request

LINE_BREAKS = ["/%0d%0aset-cookie:%20a=b", "/%0a", "/%0D", "/signup/%0d%0ax", "/account/%0a",
               "/static/%0d%0a", "/auth0/failed/%0d", "/health/%0d", "/%ff%0a"]  # fmt: skip


def test_options_of_the_server_itself(product: Product) -> None:
    """RFC 9110 9.3.7."""
    answer = ask(product, request("*", method="OPTIONS"))
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    assert answer.headers["content-security-policy"] == CSP


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "TRACE"])
def test_nothing_else_is_done_to_the_server_itself(product: Product, method: str) -> None:
    assert ask(product, request("*", "content-length: 0", method=method)).status == 400


@pytest.mark.parametrize("target", LINE_BREAKS)
def test_a_path_with_a_line_break_is_refused(product: Product, target: str) -> None:
    answer = ask(product, request(target))
    assert answer.status == 400
    assert "We couldn’t read that".encode() in answer.body
    assert answer.headers["content-security-policy"] == LAST_RESORT_CSP
    assert "set-cookie" not in answer.headers


def test_the_api_refuses_a_line_break_as_a_problem(product: Product) -> None:
    answer = ask(product, request("/api/v1/%0d%0a"))
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("target", ["/a\rb", "/a\nb", "/a\r\n\tb", "", "nothing", "?", "http://["])
def test_a_target_that_is_none_is_refused(product: Product, target: str) -> None:
    assert ask(product, request(target)).status == 400


def test_a_whole_address_is_a_target_too(product: Product) -> None:
    """RFC 9112 3.2.2."""
    assert ask(product, request("http://elsewhere.example/health/live")).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["/logout", "/signup/restart"])
def test_what_can_only_be_posted_is_not_opened(product: Product, path: str, method: str) -> None:
    answer = ask(product, request(path, method=method))
    assert answer.status == 405
    assert "POST" in answer.headers["allow"].split(", ")
    assert "GET" not in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/signup/phone-code/resend", "/recovery/email-code/resend"])
def test_a_reload_of_a_refused_form_leads_to_its_page(product: Product, path: str) -> None:
    answer = ask(product, request(path))
    assert (answer.status, answer.headers["location"]) == (303, path.removesuffix("/resend"))
