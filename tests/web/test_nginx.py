"""The product behind the nginx of ops/, with TLS. Of its two servers the second is never there, as
in the middle of a restart: nobody may notice.
"""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.certificates import certify
from tests.crowd import sql
from tests.person import SAME_ORIGIN, Person, new_email, new_phone
from tests.product import Product, free_port
from tests.proxies import nginx_of_ops, running_nginx

ADDRESSES = "SELECT DISTINCT address FROM deliveries"


@dataclass(frozen=True)
class Behind:
    product: Product
    plain: str  # where it listens without TLS
    cached: Path

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        context = ssl.create_default_context(cafile=self.product.folder / "server.pem")
        context.check_hostname = False  # the certificate is for a name
        transport = httpx.HTTPTransport(verify=context, local_address=address)
        url, headers = self.product.url, SAME_ORIGIN
        return httpx.Client(base_url=url, transport=transport, headers=headers, timeout=20)


@pytest.fixture(scope="module")
def behind(
    products_of_module: Callable[..., Product], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    folder = tmp_path_factory.mktemp("nginx")
    plain, tls = free_port(), free_port()
    url = f"https://127.0.0.1:{tls}"
    product = products_of_module(TRUSTED_PROXIES="127.0.0.1/32", BASE_URL=url)
    certify(product.folder)
    certificate = product.folder / "server.pem"
    place = nginx_of_ops(tls, product.port, free_port(), certificate=certificate, plain=plain)
    with running_nginx(folder, place):
        product.url = url
        yield Behind(product, f"http://127.0.0.1:{plain}", folder / "cached")


def test_people_sign_up_through_it_from_their_own_address(behind: Behind) -> None:
    person = Person(behind.product)
    with behind.client("127.0.0.9") as person.http:
        person.http.headers["x-forwarded-for"] = "203.0.113.7"  # which nobody may claim to be
        person.sign_up(new_phone(), new_email())
        assert person.get("/account").status == 200
    assert [row["address"] for row in sql(behind.product, ADDRESSES)] == ["127.0.0.9/32"]


def test_it_refuses_long_heads_and_bodies_itself(behind: Behind) -> None:
    with behind.client() as client:
        head = client.get("/login", headers={"cookie": "a=" + "b" * 20_000})
        body = client.post("/login/phone", content=b"a" * 300_000)
    assert [(each.status_code, each.headers["server"]) for each in (head, body)] == [
        (400, "nginx"),
        (413, "nginx"),
    ]


def test_what_is_for_operators_is_for_nobody_outside(behind: Behind) -> None:
    paths = ("/metrics", "/metrics/", "/health", "/health/ready", "/health/twilio")
    with behind.client("127.0.0.9") as outside, behind.client() as inside:
        assert {outside.get(path).status_code for path in paths} == {403}
        assert outside.get("/status").status_code == 200
        assert inside.get("/health/ready").status_code == 200


def test_it_keeps_static_files_and_no_page(behind: Behind) -> None:
    with behind.client() as client:
        style = client.get("/login").text.partition('href="/static/')[2].partition('"')[0]
        assert client.get(f"/static/{style}").status_code == 200
        kept = [path.read_bytes() for path in behind.cached.rglob("*") if path.is_file()]
    assert len(kept) == 1
    assert style.encode() in kept[0]


def test_without_tls_it_only_leads_there(behind: Behind) -> None:
    answer = httpx.get(f"{behind.plain}/login?a=b", headers={"host": "login.example.org"})
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://login.example.org/login?a=b"
