"""The fresh proof: asked for when the last is old, given by password or code, and back again."""

import pytest

from tests.crowd import nth_code
from tests.person import Person, new_email, new_phone
from tests.product import Product

PASSWORD = "correct horse battery"


@pytest.fixture
def person(product: Product) -> Person:
    person = Person(product)
    person.phone, person.email = new_phone(), new_email()
    person.sign_up(person.phone, person.email)
    return person


def test_the_password_confirms_and_leads_back(person: Person) -> None:
    person.get("/account/confirm?return_to=/account/sessions")
    landed = person.submit("/account/confirm", password=PASSWORD)
    assert (landed.status, landed.path) == (200, "/account/sessions")


def test_a_code_to_the_phone_confirms(product: Product, person: Person) -> None:
    person.get("/account/confirm")
    asked = person.post("/account/confirm/code")
    assert (asked.status, asked.location) == (303, "/account/confirm")
    landed = person.submit("/account/confirm", code=nth_code(product, person.phone, 2))
    assert (landed.status, landed.path) == (200, "/account")


def test_a_wrong_password_stays_and_says_so(person: Person) -> None:
    seen = person.submit("/account/confirm", password="not the right one")
    assert seen.status == 422
    assert "not your password" in seen.alert
    assert seen.field("password") == ""


def test_nobody_confirms_without_a_session(product: Product) -> None:
    assert Person(product).get("/account/confirm").location.startswith("/login?return_to=")
