"""Prices in JSON: as the contract says, cacheable, and clear about what is not offered."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.product import NO_TLS, Product
from tests.shown_prices import API, CACHED, told

FEATURE = {"code": "people", "name": "People who sign in each month", "amount": "Up to 1,000"}
UNKNOWN = [
    ("?period=week", "period", "The period is month or year."),
    ("?period=YEAR", "period", "The period is month or year."),
    ("?period=year&currency=XXX", "currency", None),
    ("?currency=%3Cscript%3E", "currency", None),
    ("?currency=%00%ff", "currency", None),
    ("?currency=USD&currency=" + "x" * 3000, "currency", None),
    ("?currency=\xfc", "currency", None),
]
IN = "There are no prices in that currency. There are in: USD, EUR, GBP, JPY."


def test_it_is_what_the_contract_says(priced: Product) -> None:
    answer = told(priced, f"{API}?period=year&currency=JPY").answer
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert set(body) == {"version", "effective_from", "as_of", "source", "currency", "period",
                         "plans"}  # fmt: skip
    assert (body["currency"], body["period"]) == ("JPY", "year")
    assert body["source"] in ("database", "memory")
    assert datetime.now(UTC) - datetime.fromisoformat(body["as_of"]) < timedelta(seconds=10)
    assert datetime.fromisoformat(body["effective_from"]) < datetime.now(UTC)


def test_each_plan_says_what_it_costs_and_holds(priced: Product) -> None:
    body = told(priced, f"{API}?period=year&currency=JPY").answer.json()
    starter = body["plans"][0]
    assert starter["price"] == {"amount_minor": 14000, "currency": "JPY", "interval": "year",
                                "display": "¥14,000\u00a0JPY"}  # fmt: skip
    assert (starter["code"], starter["name"]) == ("starter", "Starter")
    assert starter["features"][0] == FEATURE
    assert starter["features"][1]["amount"] is None
    assert [plan["highlighted"] for plan in body["plans"]] == [False, True, False]


def test_it_can_be_kept_and_asked_for_again(priced: Product) -> None:
    answer = told(priced, API).answer
    assert answer.headers["cache-control"] == CACHED
    assert answer.headers["vary"] == "Accept-Language, Cookie"
    assert "set-cookie" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; frame-")
    again = told(priced, API, **{"if-none-match": answer.headers["etag"]}).answer
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == CACHED
    other = told(priced, f"{API}?currency=EUR", **{"if-none-match": answer.headers["etag"]}).answer
    assert other.status_code == 200


def test_head_is_get_without_its_body(priced: Product) -> None:
    head = httpx.head(priced.url + API, verify=NO_TLS)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["cache-control"] == CACHED
    assert int(head.headers["content-length"]) > 500


@pytest.mark.parametrize(("query", "field", "detail"), UNKNOWN, ids=range(len(UNKNOWN)))
def test_what_is_not_offered_is_a_problem(
    priced: Product, query: str, field: str, detail: str | None
) -> None:
    answer = told(priced, API + query).answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code == 422
    assert answer.json() == {
        "type": f"/problems/unknown_{field}",
        "title": answer.json()["title"],
        "status": 422,
        "detail": detail or IN,
        "code": f"unknown_{field}",
        "field": field,
    }


@pytest.mark.parametrize("query", ["?" + "a=b&" * 1000, "?%", "?&&==", "?x=%ff", "?currency="])
def test_what_it_does_not_know_is_passed_over(priced: Product, query: str) -> None:
    assert told(priced, API + query).answer.status_code == 200


def test_the_currency_is_that_of_the_language(priced: Product) -> None:
    asked = {"en-GB;q=0.5, ja": "JPY", "xx-YY": "USD", "de ; q=1": "EUR"}
    told_in = {
        language: told(priced, API, **{"accept-language": language}).answer.json()["currency"]
        for language in asked
    }
    assert told_in == asked


def test_without_prices_it_says_so_and_nobody_keeps_that(unpriced: Product) -> None:
    answer = told(unpriced, f"{API}?period=week&currency=XXX").answer
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (body["source"], body["as_of"], body["effective_from"]) == ("built-in", None, None)
    assert (body["currency"], body["version"]) == (None, 0)
    assert [plan["price"] for plan in body["plans"]] == [None] * 3
    health = told(unpriced, "/health/pricing").answer
    assert (health.status_code, health.json()["status"]) == (200, "warn")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nope", 404, "not_found"),
        ("GET", "/api/", 404, "not_found"),
        ("POST", API, 405, "method_not_allowed"),
        ("DELETE", API, 405, "method_not_allowed"),
    ],
)
def test_what_the_framework_refuses_is_a_problem_too(
    product: Product, method: str, path: str, status: int, code: str
) -> None:
    answer = httpx.request(method, f"{product.url}{path}", verify=NO_TLS)
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["title"]
    assert body["detail"]
    assert ("allow" in answer.headers) == (status == 405)
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
