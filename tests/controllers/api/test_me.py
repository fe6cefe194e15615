"""One's own account in JSON: read, changed, exported, deleted."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client, problem_of
from tests.person import PASSWORD, new_email, new_phone
from tests.product import Product

ASKED = (403, "confirmation_required", None)
BAD = [
    ({"plan": "gold"}, "unknown_plan", "plan"),
    ({"plan": {"code": "team", "period": "week"}}, "unknown_plan", "plan"),
    ({"plan": {"code": "team", "amount_minor": 1}}, "unknown_plan", "plan"),
    ({"plan": 1}, "bad_field", "plan"),
    ({"locale": "xx"}, "unknown_locale", "locale"),
    ({"email": "ada@example.com"}, "bad_field", "email"),
]


@pytest.fixture(scope="module")
def client(priced: Product) -> Iterator[Client]:
    with Client(priced) as client:
        client.sign_up(new_phone(), new_email())
        yield client


def old(client: Client, email: str) -> None:
    """A session that was opened by the password alone."""
    client.post("/login/password", email=email, password=PASSWORD)


def test_it_is_what_the_contract_says(client: Client) -> None:
    body = client.get("/me").json()
    assert set(body) == {"id", "phone", "email", "created_at", "auth0", "plan", "locale"}
    assert (body["plan"], body["locale"]) == (None, "en")


def test_a_plan_is_chosen_by_its_code_or_in_full_and_given_up(client: Client) -> None:
    def choose(plan: object) -> Any:
        return client.call("PATCH", "/me", {"plan": plan}).json()["plan"]

    by_code = choose("team")
    assert (by_code["code"], by_code["period"]) == ("team", "month")
    assert choose({"code": "team", "period": "year", "currency": "jpy"})["currency"] == "JPY"
    assert client.call("PATCH", "/me", {}).json()["plan"]["currency"] == "JPY"
    assert choose(None) is None


@pytest.mark.parametrize(("body", "code", "field"), BAD)
def test_what_cannot_be_is_refused_beside_its_field(
    client: Client, body: dict[str, object], code: str, field: str
) -> None:
    assert problem_of(client.call("PATCH", "/me", body)) == (422, code, field)


def test_the_export_asks_for_a_fresh_proof(client: Client, priced: Product) -> None:
    person = client.get("/me").json()
    with Client(priced) as later:
        old(later, person["email"])
        refused = later.get("/me/export")
        assert problem_of(refused) == ASKED
        assert "insufficient_user_authentication" in refused.headers["www-authenticate"]
        assert later.confirm(person["phone"]).status_code == 200
        held = later.get("/me/export").json()
    assert held["account"][0]["email"] == person["email"]


def test_identities_are_listed_and_removed_with_a_fresh_proof(client: Client) -> None:
    assert client.get("/me/identities").json() == {"identities": []}
    assert client.call("DELETE", f"/me/identities/{uuid4()}").status_code == 204


def test_a_deletion_asks_for_a_proof_and_is_for_good(priced: Product) -> None:
    phone, email = new_phone(), new_email()
    with Client(priced) as client:
        client.sign_up(phone, email)
        old(client, email)
        assert problem_of(client.call("DELETE", "/me", {})) == ASKED
        client.confirm(phone)
        assert client.call("DELETE", "/me", {}).status_code == 204
        assert problem_of(client.get("/me"))[0] == 401
        client.tokens = {}
        assert client.post("/login/password", email=email, password=PASSWORD).status_code == 401
