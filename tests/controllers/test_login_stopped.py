"""Where strangers are sent no texts, nobody learns at the sign-in which numbers have accounts."""

import json
from collections.abc import Callable
from time import sleep

import pytest

from app.domain.delivery.outbox import ON_ITS_WAY
from tests.controllers.test_login_enumeration import ADD
from tests.crowd import nth_code, sql
from tests.person import Person, new_phone
from tests.product import Product
from tests.twins import Twins, long_email

NONE = """
strangers_per_region = { hour = 0, day = 0 }
texts_per_number = { windows = [[3600, 9]] }
texts_per_number_and_address = { windows = [[3600, 9]] }
"""
FIRED = (
    "SELECT DISTINCT details->>'limit' AS name FROM audit_events WHERE event LIKE '%send_refused'"
)
HTMX = {"hx-request": "true"}


@pytest.fixture
def product(emptied_product: Callable[..., Product]) -> Product:
    return emptied_product(limits=NONE)


@pytest.fixture
def twins(product: Product) -> Twins:
    """The first has an account."""
    known = new_phone()
    sql(product, ADD, known, long_email(), None)
    people = Person(product), Person(product)
    for person in people:
        person.http.headers["accept-encoding"] = "identity"
    return Twins(people, (known, new_phone()))


def lines(twins: Twins, path: str) -> set[str]:
    return {person.get(path, **HTMX).html for person in twins.people}


def test_both_are_answered_alike_and_only_one_is_texted(product: Product, twins: Twins) -> None:
    twins.get("/login/phone")
    assert twins.post("/login/phone", phone="CONTACT").location == "/login/phone-code"
    code = nth_code(product, twins.contacts[0], 1)
    assert 'href="/signup/phone?change"' in twins.get("/login/phone-code").html
    assert "/signup" in twins.get("/login/phone-code").html
    assert len(lines(twins, "/login/phone-code/delivery")) == 1
    sleep(ON_ITS_WAY)
    assert len(lines(twins, "/login/phone-code/delivery")) == 1
    assert twins.post("/login/phone-code/resend").status == 303
    twins.get("/login/phone-code")
    other = "000001" if code != "000001" else "000002"
    assert twins.post("/login/phone-code", code=other).status == 422
    assert product.codes_for(twins.contacts[1]) == []
    assert twins.people[0].submit("/login/phone-code", code=code).path == "/account"
    assert [row["name"] for row in sql(product, FIRED)] == ["strangers_per_region"]


def test_a_sign_up_is_asked_for_its_address_alike(product: Product, twins: Twins) -> None:
    """Also one that goes on where a sign-in began."""
    twins.get("/signup/phone")
    assert twins.post("/signup/phone", phone="CONTACT").location == "/signup/email"
    twins.get("/login/phone")
    assert twins.post("/login/phone", phone="CONTACT").status == 303
    assert twins.post("/signup/phone-code/resend").location == "/signup/email"


def test_the_api_answers_alike(product: Product, twins: Twins) -> None:
    keys = []
    for person, phone in zip(twins.people, twins.contacts, strict=True):
        answer = person.http.post("/api/v1/login/phone", json={"phone": phone})
        assert answer.status_code == 200
        found = json.loads(answer.text)
        keys.append((sorted(found), found["attempts_left"], found["step"]))
    assert keys[0] == keys[1]
