"""The product behind nginx, as docs/deploy.md configures it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import NO_TLS, Product, free_port
from tests.proxies import documented_place, running_nginx

ADDRESSES = "SELECT DISTINCT address FROM deliveries"


@pytest.fixture
def behind_nginx(another_product: Callable[..., Product], tmp_path: Path) -> Iterator[Product]:
    """The product, whose visitors come through nginx by plain http."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    one = another_product(TRUSTED_PROXIES="127.0.0.1/32", BASE_URL=url)
    with running_nginx(tmp_path, documented_place(port, one.port, one.port)):
        one.url = url
        yield one


def test_people_sign_up_through_it_from_their_own_address(behind_nginx: Product) -> None:
    person = Person(behind_nginx, "127.0.0.9")
    person.http.headers["x-forwarded-for"] = "203.0.113.7"  # which nobody may claim to be
    person.sign_up(new_phone(), new_email())
    assert person.get("/account").status == 200
    assert [row["address"] for row in sql(behind_nginx, ADDRESSES)] == ["127.0.0.9/32"]


def test_it_refuses_long_heads_and_bodies_itself(behind_nginx: Product) -> None:
    with httpx.Client(verify=NO_TLS, base_url=behind_nginx.url) as client:
        head = client.get("/login", headers={"cookie": "a=" + "b" * 20_000})
        body = client.post("/login/phone", content=b"a" * 300_000)
    assert [(each.status_code, each.headers["server"][:5]) for each in (head, body)] == [
        (400, "nginx"),
        (413, "nginx"),
    ]
