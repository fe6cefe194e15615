"""Codes that the provider does not take: twenty from an address in a quarter of an hour."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.federated import Federated, returned_at_once
from tests.product import Product
from tests.standins.behaviour import answers
from tests.standins.openid import TOKEN, OpenIdStandIn

Make = Callable[..., Product]
TWO = "refused_grants_per_address = { windows = [[900, 2]] }"
SPENT, STOPPED = "/auth0/failed/grant-spent", "/auth0/failed/too-many-grants"
BUSY = "/auth0/failed/identity-provider-busy"
NOT_TAKEN = answers(403, b'{"error": "invalid_grant"}')
RECORDED = "SELECT details->>'reason' AS reason, network FROM audit_events WHERE event = $1"
ON_RECORD = """
INSERT INTO audit_events (event, network)
SELECT 'auth0:grant_refused', '198.51.100.0/24' FROM generate_series(1, 20)
"""


@pytest.fixture
def openid() -> Iterator[OpenIdStandIn]:
    with OpenIdStandIn() as one:
        yield one


def invented(person: Federated) -> str:
    """The callback of a sign-in that was begun, with a code that nobody was given."""
    state = dict(parse_qsl(urlsplit(person.leave("login")).query))["state"]
    return f"/auth0/callback?{urlencode({'code': 'invented', 'state': state})}"


def tried(person: Federated) -> str:
    """Where it leads."""
    return person.follow(invented(person)).path


def test_of_forty_invented_ones_at_once_twenty_are_asked_about(
    another_product: Make, openid: OpenIdStandIn
) -> None:
    product = another_product(**openid.environment)
    openid.scripts[TOKEN].always(NOT_TAKEN)
    people = [Federated(product) for _ in range(40)]
    given = returned_at_once(people, [invented(person) for person in people])
    assert given == {f"{SPENT}?for=login": 20, f"{STOPPED}?for=login": 20}
    assert openid.counts[TOKEN] == 20
    page = people[0].get(f"{STOPPED}?for=login")
    assert (page.status, page.response.headers["retry-after"]) == (429, "900")
    assert "Try again in a quarter of an hour, or use your phone." in page.alert
    assert 'href="/login/phone"' in page.html
    assert "Auth0 does not answer us" not in people[0].get("/login").html


def test_ten_copies_of_one_answer_count_once(another_product: Make, openid: OpenIdStandIn) -> None:
    product = another_product(limits=TWO, **openid.environment)
    openid.scripts[TOKEN].always(NOT_TAKEN)
    mallory = Federated(product)
    given = returned_at_once([mallory] * 10, [invented(mallory)] * 10)
    assert given == {f"{SPENT}?for=login": 10}
    assert [tried(Federated(product)) for _ in range(2)] == [SPENT, STOPPED]
    assert openid.counts[TOKEN] == 2


def test_what_the_provider_takes_is_never_counted(another_product: Make) -> None:
    product = another_product(limits=TWO)
    for _ in range(4):
        assert Federated(product).come_with_auth0().path == "/signup/phone"
    assert [tried(Federated(product)) for _ in range(3)] == [SPENT, SPENT, STOPPED]


def test_what_is_our_own_fault_is_not_counted(another_product: Make, openid: OpenIdStandIn) -> None:
    product = another_product(limits=TWO, **openid.environment)
    openid.scripts[TOKEN].always(answers(401, b'{"error": "invalid_client"}'))
    assert {tried(Federated(product)) for _ in range(4)} == {"/auth0/failed/not-vouched-for"}


def test_a_provider_that_has_had_enough_is_not_taken_for_down(
    another_product: Make, openid: OpenIdStandIn
) -> None:
    product = another_product(**openid.environment)
    openid.scripts[TOKEN].always(answers(429, b'{"error": "too_many_requests"}'))
    mallory = Federated(product)
    assert [tried(mallory) for _ in range(5)] == [BUSY] * 5
    assert (mallory.page and mallory.page.status) == 503
    assert "/auth0/start" in mallory.get("/login").html
    assert Federated(product).leave("login").startswith(openid.issuer)


@pytest.mark.parametrize("memory", ["silent", "flushed"])
def test_they_are_on_record(limited: Limited, memory: str) -> None:
    here, elsewhere = Federated(limited.product), Federated(limited.product)
    here.http.headers["x-forwarded-for"] = "198.51.100.7"
    elsewhere.http.headers["x-forwarded-for"] = "203.0.113.7"
    sql(limited.product, ON_RECORD)
    limited.flush() if memory == "flushed" else limited.valkey.kill()
    refused, asked = tried(here), tried(elsewhere)
    if memory == "silent":
        limited.bring_back()
    assert (refused, asked != STOPPED) == (STOPPED, True)


def test_refused_sign_ins_are_on_record(another_product: Make) -> None:
    product = another_product(limits=TWO)
    zoe = Federated(product)
    zoe.follow(zoe.answered(answer="refuse"))
    tried(zoe)
    zoe.follow("/auth0/callback?code=a&state=b")
    refused = [(row["reason"], row["network"]) for row in sql(product, RECORDED, "auth0:refused")]
    assert refused == [("auth0_denied", "127.0.0.0/24"), ("grant_spent", "127.0.0.0/24")]
    [counted] = sql(product, RECORDED, "auth0:grant_refused")
    assert counted["reason"] == "grant_spent"
