"""Scripts of other origins may call the API, and nothing else, and bring no cookies."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.client import Client
from tests.commands.test_addresses import problems
from tests.person import new_email, new_phone
from tests.product import GENEROUS, NO_TLS, Product
from tests.stores import Stores

OURS, OTHER = "https://app.example.org", "https://evil.example.org"
STRANGERS = [OTHER, "null", "http://app.example.org", f"{OURS}:8443", f"{OURS}/", OURS.upper(), ""]
ALLOW = "access-control-allow-origin"
SHOWN = "access-control-expose-headers"
ASKED = {
    "access-control-request-method": "PATCH",
    "access-control-request-headers": "authorization",
}
NO_ORIGINS = ["*", "https://app.example.org/path", "http://app.example.org", "app.example.org"]


@pytest.fixture(scope="module")
def open_product(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    folder: Path = tmp_path_factory.mktemp("cors")
    env = {"ALLOWED_ORIGINS": f"{OURS},http://localhost:3000", "TRUSTED_PROXIES": "127.0.0.1/32"}
    database = stores.new_database()
    with Product(folder, database, f"{stores.redis_url}?db=0", limits=GENEROUS, **env) as product:
        yield product


@pytest.fixture(scope="module")
def client(open_product: Product) -> Iterator[Client]:
    with Client(open_product) as client:
        client.sign_up(new_phone(), new_email())
        yield client


@pytest.mark.parametrize("origin", [OURS, "http://localhost:3000"])
def test_an_allowed_origin_may_read_every_answer(client: Client, origin: str) -> None:
    for path, status in (("/me", 200), ("/pricing", 200), ("/nothing", 404)):
        answer = client.call("GET", path, origin=origin)
        assert (answer.status_code, answer.headers[ALLOW]) == (status, origin)
        assert "Origin" in answer.headers["vary"]
        assert "retry-after" in answer.headers[SHOWN]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", STRANGERS)
def test_any_other_origin_may_not(client: Client, origin: str) -> None:
    answer = client.call("GET", "/me", origin=origin)
    assert ALLOW not in answer.headers
    assert "Origin" in answer.headers["vary"]


def test_a_preflight_is_answered_and_remembered(client: Client) -> None:
    answer = client.http.options("/me", headers={"origin": OURS} | ASKED)
    assert (answer.status_code, answer.headers[ALLOW]) == (204, OURS)
    assert "PATCH" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"]
    assert answer.headers["access-control-max-age"] == "7200"
    refused = client.http.options("/me", headers={"origin": OTHER} | ASKED)
    assert "access-control-allow-methods" not in refused.headers


def test_pages_are_for_no_other_origin(open_product: Product) -> None:
    for path in ("/", "/login", "/health/live", "/static/none"):
        answer = httpx.get(open_product.url + path, headers={"origin": OURS}, verify=NO_TLS)
        assert ALLOW not in answer.headers


def test_a_product_without_the_setting_allows_none(product: Product) -> None:
    with Client(product) as client:
        answer = client.call("GET", "/pricing", origin=OURS)
        assert ALLOW not in answer.headers
        assert "Origin" not in answer.headers.get("vary", "")


@pytest.mark.parametrize("origin", NO_ORIGINS)
def test_what_is_no_safe_origin_is_refused_at_the_start(origin: str) -> None:
    [problem] = problems(ALLOWED_ORIGINS=origin)
    assert problem == f"ALLOWED_ORIGINS: {origin} is no origin such as https://app.example.org."


def test_a_request_keeps_the_id_that_a_proxy_of_ours_gave(
    open_product: Product, product: Product
) -> None:
    given = {"x-request-id": "4bf92f3577b34da6a3ce929d0e0e4736"}
    for asked, is_kept in ((open_product, True), (product, False)):
        answer = httpx.get(f"{asked.url}/api/v1/pricing", headers=given, verify=NO_TLS)
        assert (answer.headers["x-request-id"] == given["x-request-id"]) is is_kept
    odd = httpx.get(open_product.url, headers={"x-request-id": "a b\tc<script>"}, verify=NO_TLS)
    assert "script" not in odd.headers["x-request-id"]
