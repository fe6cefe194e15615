"""Health, as load balancers, people on call and browsers ask for it."""

import re
from collections.abc import Callable

import pytest

from tests.person import Person
from tests.product import Product

DEPENDENCIES = ("postgres", "redis", "migrations", "keys", "dispatcher", "twilio", "sendgrid",
                "texts", "mails", "pricing", "auth0")  # fmt: skip
# Each on the page: its name, and what is said of it.
CHECK = r"<li>\n<h2>(\w+): (.*?)</li>"


def test_a_living_process_says_ok(product: Product) -> None:
    live = Person(product).get("/health/live")
    assert (live.status, live.html) == (200, "ok")
    assert live.response.headers["cache-control"] == "no-store"


def test_a_migrated_product_is_ready(product: Product) -> None:
    ready = Person(product).get("/health/ready")
    assert ready.status == 200
    checks = {"postgres:state", "migrations:state", "keys:state"}
    assert set(ready.response.json()["checks"]) == checks


def test_health_has_one_entry_a_dependency(product: Product) -> None:
    health = Person(product).get("/health", accept="application/json")
    assert health.response.headers["content-type"] == "application/health+json"
    body = health.response.json()
    assert body["status"] in ("pass", "warn")
    assert set(body["checks"]) == {f"{name}:state" for name in DEPENDENCIES}


def test_the_page_names_each_dependency_once_and_shows_nothing_empty(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(OPS_TOKEN="a token of operators that is long enough")
    html = Person(product).get("/health", accept="text/html").html
    assert [name for name, _ in re.findall(CHECK, html, re.DOTALL)] == list(DEPENDENCIES)
    assert not re.search(r"<(p|h2)[^>]*>\s*</\1>", html)


def test_without_postgresql_everything_that_reads_it_waits_for_it(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(DATABASE_URL="postgresql://nobody@/nowhere?host=/nowhere")
    html = Person(product).get("/health", accept="text/html").html
    checks = re.findall(CHECK, html, re.DOTALL)
    found = {name: re.search(r'<p class="fine">(.*?)</p>', rest) for name, rest in checks}
    remedies = {name: remedy[1] for name, remedy in found.items() if remedy}
    postgres = remedies.pop("postgres")
    assert postgres == "Check that PostgreSQL runs and DATABASE_URL leads to it."
    assert {"migrations", "keys", "twilio", "sendgrid", "mails", "pricing"} <= remedies.keys()
    assert set(remedies.values()) == {"Waits for PostgreSQL."}
    assert "no prices are published" not in html


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_one_dependency_can_be_asked_for(product: Product, name: str) -> None:
    one = Person(product).get(f"/health/{name}")
    assert one.status == 200
    assert list(one.response.json()["checks"]) == [f"{name}:state"]


def test_an_unknown_dependency_is_not_found(product: Product) -> None:
    assert Person(product).get("/health/nonsense").status == 404


def test_a_browser_gets_a_page(product: Product) -> None:
    page = Person(product).get("/health", accept="text/html")
    assert "Service status" in page.heading
    assert "postgres" in page.html


def test_details_are_for_whoever_has_the_token(another_product: Callable[..., Product]) -> None:
    guarded = another_product(OPS_TOKEN="ops-token-of-a-test")
    stranger = Person(guarded).get("/health/postgres").response.json()
    operator = (
        Person(guarded)
        .get("/health/postgres", authorization="Bearer ops-token-of-a-test")
        .response.json()
    )
    assert "observedValue" not in stranger["checks"]["postgres:state"][0]
    assert operator["checks"]["postgres:state"][0]["observedUnit"] == "ms"
