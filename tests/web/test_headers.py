"""What stands above every answer, whatever kind of answer it is."""

import re
import socket
from typing import Any

import httpx
import pytest

from app.web.middleware import CSP
from tests.pages import LAST_RESORT_CSP
from tests.person import Person
from tests.product import Product

FORM = {"content-type": "application/x-www-form-urlencoded"}
HTMX = {"hx-request": "true"}
# Every kind of answer: status, method, path, and what else is sent.
KINDS: list[tuple[int, str, str, dict[str, Any]]] = [
    (200, "GET", "/", {}),
    (200, "GET", "/signup", {}),
    (200, "GET", "/signup/phone", {}),
    (200, "GET", "/signup/phone", {"headers": HTMX}),
    (200, "HEAD", "/signup/phone", {}),
    (200, "GET", "/dev/auth0/.well-known/jwks.json", {}),
    (200, "GET", "/health/live", {}),
    (200, "GET", "/health/ready", {}),
    (200, "GET", "/health", {}),
    (200, "GET", "/health", {"headers": {"accept": "text/html"}}),
    (200, "GET", "/status", {}),
    (404, "GET", "/static/nothing.css", {}),
    (405, "POST", "STATIC", {}),
    (303, "GET", "/signup/password", {}),
    (303, "HEAD", "/signup/password", {}),
    (400, "POST", "/signup/phone", {"headers": FORM, "content": b"phone=%ff%fe"}),
    (403, "POST", "/signup/phone", {"data": {"phone": "1"}}),
    (403, "POST", "/signup/restart", {"data": {"phone": "1"}}),
    (404, "GET", "/nothing", {}),
    (404, "GET", "/nothing", {"headers": HTMX}),
    (404, "GET", "/health/nothing", {}),
    (404, "GET", "/%00%ff", {}),
    (404, "HEAD", "/nothing", {}),
    (405, "PUT", "/signup/phone", {}),
    (405, "DELETE", "/", {}),
    (405, "TRACE", "/signup/phone", {}),
    (413, "POST", "/signup/phone", {"headers": FORM, "content": b"phone=" + b"1" * 16_384}),
    (415, "POST", "/signup/phone", {"json": {"phone": "1"}}),
    (415, "POST", "/signup/phone", {"files": {"phone": b"1"}}),
    (415, "POST", "/signup/phone", {}),
]
POLICIES = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
FILES: list[tuple[int, str, dict[str, str]]] = [
    (200, "GET", {}),
    (200, "HEAD", {}),
    (304, "GET", {"if-none-match": '"STATIC"'}),
]
FILE_POLICIES = {"x-content-type-options": "nosniff", "cross-origin-resource-policy": "same-origin"}
PUBLIC = ("/", "/status")
PAGES = ("/", "/signup", "/signup/phone", "/signup/phone-code", "/signup/done", "/nothing")


def ask(product: Product, method: str, path: str, sent: dict[str, Any]) -> httpx.Response:
    """`STATIC` is the address of the style sheet."""
    person = Person(product)
    home = person.http.get("/")
    static = re.search(r"/static/[^/]+/site\.css", home.text)[0]  # type: ignore[index]
    headers = {n: v.replace("STATIC", static) for n, v in sent.get("headers", {}).items()}
    path = path.replace("STATIC", static)
    return person.http.request(method, path, **sent | {"headers": headers})


@pytest.mark.parametrize(("status", "method", "path", "sent"), KINDS)
def test_every_answer_carries_the_policies(
    product: Product, status: int, method: str, path: str, sent: dict[str, Any]
) -> None:
    answer = ask(product, method, path, sent)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in POLICIES} == POLICIES
    assert "camera=()" in answer.headers["permissions-policy"]
    assert re.fullmatch("[0-9a-f]{16}", answer.headers["x-request-id"])
    assert "server" not in answer.headers
    # Once each: two of them would be read as the stricter or the laxer, depending on who reads.
    assert [n for n in POLICIES if len(answer.headers.get_list(n)) != 1] == []
    public = path in PUBLIC and status in (200, 304)
    assert answer.headers["cache-control"].startswith("public" if public else "no-store")
    assert not (public and "set-cookie" in answer.headers)


@pytest.mark.parametrize(("status", "method", "headers"), FILES)
def test_a_file_carries_the_policies_that_concern_files(
    product: Product, status: int, method: str, headers: dict[str, str]
) -> None:
    answer = ask(product, method, "STATIC", {"headers": headers})
    assert answer.status_code == status
    assert {n: v for n, v in answer.headers.items() if n in POLICIES} == FILE_POLICIES
    assert {"permissions-policy", "x-request-id", "set-cookie", "server"}.isdisjoint(answer.headers)
    assert answer.headers["cache-control"].startswith("public")


def test_a_drawing_that_is_opened_by_itself_runs_nothing(product: Product) -> None:
    person = Person(product)
    found = re.search(r"/static/[^/]+/favicon\.svg", person.get("/").html)
    assert found
    for path in (found[0], "/static/0123456789ab/favicon.svg"):
        policy = person.http.get(path).headers["content-security-policy"]
        assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    "garbage",
    [
        b"garbage\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /signup/phone HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_is_answered_too(product: Product, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", product.port), timeout=5) as connection:
        connection.sendall(garbage)
        answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    assert answer.startswith("HTTP/1.1 400 Bad Request\r\n")
    own = {"content-security-policy": LAST_RESORT_CSP}
    for name, value in (POLICIES | own).items():
        assert f"\r\n{name}: {value}\r\n" in answer
    assert ">We couldn’t read that</h1>" in answer


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/signup/phone", {"GET", "HEAD", "POST"}),
        ("/", {"GET", "HEAD"}),
        ("STATIC", {"GET", "HEAD"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    product: Product, path: str, allowed: set[str]
) -> None:
    answer = ask(product, "DELETE", path, {})
    assert set(answer.headers["allow"].split(", ")) - {"OPTIONS"} == allowed
    assert "That doesn’t work here" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_head_says_what_get_says_without_a_body(product: Product, path: str) -> None:
    got, head = (
        ask(product, method, path, {"headers": {"accept-encoding": "identity"}})
        for method in ("GET", "HEAD")
    )
    assert (head.status_code, head.content) == (got.status_code, b"")
    varying = {"date", "x-request-id", "set-cookie"}
    shown = [{n: v for n, v in each.headers.items() if n not in varying} for each in (got, head)]
    assert shown[0] == shown[1]
    assert ("set-cookie" in head.headers) == ("set-cookie" in got.headers)


@pytest.mark.parametrize("path", PAGES[:3])
def test_htmx_gets_the_inside_of_main_and_a_browser_the_document(
    product: Product, path: str
) -> None:
    person = Person(product)
    fragment = person.get(path, **HTMX)
    document = person.get(path)
    back = person.get(path, **HTMX, **{"hx-request-type": "full"})
    assert (fragment.title, fragment.heading) == (document.title, document.heading)
    assert [seen.html.count("<html") for seen in (fragment, document, back)] == [0, 1, 1]
    assert '<main id="main"' not in fragment.html
    for seen in (fragment, document, back):
        assert {"HX-Request", "Accept-Encoding"} <= set(seen.response.headers["vary"].split(", "))


def test_the_home_page_is_the_same_for_everybody(product: Product) -> None:
    known = Person(product)
    known.get("/signup/phone")
    pages = [person.get("/").response for person in (known, Person(product))]
    assert pages[0].content == pages[1].content
    assert pages[0].headers["cache-control"].startswith("public, max-age=")


def test_a_style_sheet_is_kept_for_ever_under_its_own_name(product: Product) -> None:
    answer = ask(product, "GET", "STATIC", {})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    again = ask(product, "GET", "STATIC", {"headers": {"if-none-match": answer.headers["etag"]}})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_world_is_told_to_come_back_over_https(https: httpx.AsyncClient) -> None:
    for path in PAGES[:3]:
        answer = await https.get(path)
        assert answer.headers["strict-transport-security"] == "max-age=63072000"
