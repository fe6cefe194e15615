"""Codes that the provider does not take: twenty from an address in a quarter of an hour."""

from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.crowd import sql
from tests.federated import Federated, returned_at_once
from tests.product import Product
from tests.standins import fixtures
from tests.standins.behaviour import answers
from tests.standins.openid import TOKEN, OpenIdStandIn

Make = Callable[..., Product]
TWO = "refused_grants_per_address = { windows = [[900, 2]] }"
SPENT, STOPPED = "/auth0/failed/grant-spent", "/auth0/failed/too-many-grants"
FULL = "/auth0/failed/too-many-identities"
BUSY = "/auth0/failed/identity-provider-busy"
NOT_TAKEN = answers(403, b'{"error": "invalid_grant"}')
RECORDED = "SELECT details->>'reason' AS reason, network FROM audit_events WHERE event = $1"
ON_RECORD = """
INSERT INTO audit_events (event, network)
SELECT 'auth0:grant_refused', '198.51.100.0/24' FROM generate_series(1, $1)
"""


openid = fixtures.openid


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
    assert "Try again in 15 minutes, or use your phone number." in page.alert
    assert 'href="/login/phone"' in page.html
    assert "can’t reach single sign-on" not in people[0].get("/login").html


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


@pytest.mark.parametrize(("per", "other"), [("address", "127.0.0.7"), ("network", "127.0.1.7")])
def test_sign_ups_that_go_no_further_have_a_limit(
    another_product: Make, per: str, other: str
) -> None:
    """Each writes rows. Who has an account is let in all the same."""
    product = another_product(limits=f"new_identities_per_{per} = {{ windows = [[3600, 2]] }}")
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    begun = [Federated(product).come_with_auth0() for _ in range(2)]
    assert [seen.path for seen in begun] == ["/signup/phone", FULL]
    assert (begun[1].status, begun[1].response.headers["retry-after"]) == (429, "3600")
    waiting = "SELECT count(*) FROM identity_proofs WHERE user_id IS NULL"
    assert sql(product, waiting)[0]["count"] == 1
    assert Federated(product, address=other).come_with_auth0().path == "/signup/phone"
    assert Federated(product, zoe.email).come_with_auth0().path == "/account"


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


def at(product: Product, address: str) -> Federated:
    person = Federated(product)
    person.http.headers["x-forwarded-for"] = address
    return person


def test_a_network_has_a_limit_of_its_own(another_product: Make) -> None:
    two = TWO.replace("address", "network")
    product = another_product(limits=two, TRUSTED_PROXIES="127.0.0.1/32")
    given = [tried(at(product, f"198.51.100.{number}")) for number in (1, 2, 3)]
    assert given == [SPENT, SPENT, STOPPED]
    assert tried(at(product, "203.0.113.7")) == SPENT


@pytest.mark.parametrize(
    "memory", [{"REDIS_URL": "redis://127.0.0.1:1/0"}, {}], ids=["silent", "empty"]
)
def test_they_are_on_record(
    another_product: Make, openid: OpenIdStandIn, memory: dict[str, str]
) -> None:
    """Those of the whole network, which has room of its own: a neighbour uses up nobody else's.

    The provider is a stand-in: the one of a developer's machine needs the short memory itself.
    """
    openid.scripts[TOKEN].always(NOT_TAKEN)
    product = another_product(TRUSTED_PROXIES="127.0.0.1/32", **openid.environment, **memory)
    here, elsewhere = at(product, "198.51.100.7"), at(product, "203.0.113.7")
    sql(product, ON_RECORD, 99)
    assert tried(here) == SPENT
    assert [tried(here), tried(elsewhere)] == [STOPPED, SPENT]


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
