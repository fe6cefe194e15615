"""A provider whose answers do not hold: a page, no session, and what was begun is spent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.adapters.test_openid_id_token import (
    by_another_key,
    by_the_public_key,
    stripped,
    unsigned,
)
from tests.crowd import sql
from tests.federated import Federated
from tests.person import Seen
from tests.product import GENEROUS, Product
from tests.standins.behaviour import Behaviour, answers, delayed, drip_body, http_500, redirect
from tests.standins.openid import KEYS, LEFT_OUT, TOKEN, OpenIdStandIn, signed
from tests.stores import Stores

US = "client-of-the-tests"
FAILED = "/auth0/failed/not-vouched-for"
SPENT = "SELECT count(*) AS n FROM spent_transactions"
NOBODY = "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM identity_proofs) AS n"


@dataclass
class Tampered:
    product: Product
    openid: OpenIdStandIn

    def signs_in(self, person: Federated) -> Seen:
        """Whatever it then answers to the code."""
        asked = dict(parse_qsl(urlsplit(person.leave("login")).query))
        self.openid.nonce = asked["nonce"]
        query = urlencode({"code": "a-code", "state": asked["state"]})
        return person.follow(f"/auth0/callback?{query}")

    def count(self, statement: str) -> int:
        return int(sql(self.product, statement)[0]["n"])


@pytest.fixture(scope="module")
def deployed(stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tampered]:
    with (
        OpenIdStandIn() as openid,
        Product(
            tmp_path_factory.mktemp("tampered"),
            stores.new_database(),
            f"{stores.redis_url}?db=4",
            limits=GENEROUS,
            **openid.environment,
        ) as product,
    ):
        yield Tampered(product, openid)


@pytest.fixture
def tampered(deployed: Tampered) -> Tampered:
    """It is honest again."""
    one = deployed.openid
    one.claims, one.header, one.tokens, one.sign = {}, {}, {}, signed
    one.scripts.clear()
    sql(deployed.product, "TRUNCATE identity_proofs")
    return deployed


def refused(tampered: Tampered, path: str = FAILED, status: int = 422) -> None:
    """And the very same answer is refused a second time, for being spent."""
    person, spent = Federated(tampered.product), tampered.count(SPENT)
    seen = tampered.signs_in(person)
    assert (seen.status, seen.path) == (status, path)
    assert 'href="/login/phone"' in seen.html
    assert not {"access", "refresh", "oidc"} & set(person.http.cookies)
    assert tampered.count(SPENT) == spent + 1
    assert tampered.count(NOBODY) == 0


def test_an_honest_answer_is_taken(tampered: Tampered) -> None:
    seen = tampered.signs_in(Federated(tampered.product))
    assert (seen.status, seen.path) == (200, "/signup/phone")
    assert "one thing left: your phone." in seen.html


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://tenant.eu.auth0.com/"},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": [US, "other"]},
        {"aud": "other", "azp": US},
        {"nonce": "another"},
        {"nonce": LEFT_OUT},
        {"exp": timedelta(seconds=-120)},
        {"exp": LEFT_OUT},
        {"iat": timedelta(seconds=300)},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"sub": LEFT_OUT},
        {"sub": "nul\0"},
    ],
)
def test_a_claim_that_does_not_hold(tampered: Tampered, claims: dict[str, Any]) -> None:
    tampered.openid.claims = claims
    refused(tampered)


@pytest.mark.parametrize("sign", [unsigned, by_the_public_key, by_another_key, stripped])
def test_a_signature_that_does_not_hold(tampered: Tampered, sign: Callable[..., str]) -> None:
    tampered.openid.sign = sign
    refused(tampered)


def test_an_id_token_of_an_earlier_sign_in(tampered: Tampered) -> None:
    """Stolen and played again: its nonce is that of a transaction which is spent."""
    tampered.signs_in(Federated(tampered.product))
    sql(tampered.product, "TRUNCATE identity_proofs")
    tampered.openid.tokens = {"id_token": tampered.openid.id_token()}
    refused(tampered)


def test_unknown_keys_are_looked_for_once(tampered: Tampered) -> None:
    before = tampered.openid.counts[KEYS]
    for number in range(20):
        tampered.openid.header = {"kid": f"unknown-{number}"}
        refused(tampered)
    assert tampered.openid.counts[KEYS] - before <= 2


@pytest.mark.parametrize(
    ("behaviour", "path", "status"),
    [
        (redirect(), FAILED, 422),
        (answers(403, b'{"error": "invalid_grant"}'), "/auth0/failed/grant-spent", 422),
        (answers(401, b'{"error": "invalid_client"}'), FAILED, 422),
        (answers(200, b"{" + b" " * 3_000_000), "/auth0/failed/identity-provider-down", 503),
        (http_500(), "/auth0/failed/identity-provider-down", 503),
        (delayed(6), "/auth0/failed/identity-provider-down", 503),
        (drip_body(), "/auth0/failed/identity-provider-down", 503),
    ],
)
def test_a_token_endpoint_out_of_order(
    tampered: Tampered, behaviour: Behaviour, path: str, status: int
) -> None:
    tampered.openid.scripts[TOKEN].next(behaviour)
    refused(tampered, path, status)
    # And works at once when it does: two failures in a row would mark it as down.
    assert tampered.signs_in(Federated(tampered.product)).path == "/signup/phone"


@pytest.mark.parametrize("verified", ["true", 1, None, LEFT_OUT])
def test_only_a_boolean_says_that_an_address_is_proved(tampered: Tampered, verified: Any) -> None:
    tampered.openid.claims = {"email_verified": verified}
    seen = tampered.signs_in(Federated(tampered.product))
    assert "two things left: your phone and your e-mail." in seen.html


def test_the_log_tells_the_operator_and_no_secret(tampered: Tampered) -> None:
    tampered.openid.claims = {"aud": "other"}
    refused(tampered)
    log = tampered.product.log.read_text()
    assert '"reason":"aud"' in log.replace(" ", "")
    for secret in (tampered.openid.client_secret, tampered.openid.nonce, "ada@example.org"):
        assert secret not in log
