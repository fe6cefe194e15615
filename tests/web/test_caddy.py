"""The product behind the Caddy of ops/, by plain http. Of its two servers one is never there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crowd import sql
from tests.ops import OPS
from tests.person import Person, new_email, new_phone
from tests.product import Product, free_port
from tests.proxies import running_caddy

CONFIGURATION = (OPS / "caddy" / "Caddyfile").read_text()
ADDRESSES = "SELECT DISTINCT address FROM deliveries"


@pytest.fixture
def behind_caddy(another_product: Callable[..., Product], tmp_path: Path) -> Iterator[Product]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    one = another_product(TRUSTED_PROXIES="127.0.0.1/32", BASE_URL=url)
    text = CONFIGURATION
    for written, here in (
        ("{$SITE:localhost}", url),
        (
            "{$UPSTREAMS:127.0.0.1:8000 127.0.0.1:8001}",
            f"127.0.0.1:{free_port()} 127.0.0.1:{one.port}",
        ),
    ):
        assert written in text, written
        text = text.replace(written, here)
    with running_caddy(tmp_path, text, port):
        one.url = url
        yield one


def test_people_sign_up_through_it_from_their_own_address(behind_caddy: Product) -> None:
    person = Person(behind_caddy, "127.0.0.9")
    person.http.headers["x-forwarded-for"] = "203.0.113.7"  # which nobody may claim to be
    person.sign_up(new_phone(), new_email())
    assert person.get("/account").status == 200
    assert [row["address"] for row in sql(behind_caddy, ADDRESSES)] == ["127.0.0.9/32"]


def test_what_is_for_operators_is_for_nobody_outside(behind_caddy: Product) -> None:
    outside, inside = Person(behind_caddy, "127.0.0.9"), Person(behind_caddy)
    paths = ("/metrics", "/metrics/", "/health", "/health/ready", "/health/twilio")
    assert {outside.get(path).response.content for path in paths} == {b""}
    assert {outside.get(path).status for path in paths} == {404}
    assert outside.get("/status").status == 200
    assert inside.get("/health/ready").status == 200
