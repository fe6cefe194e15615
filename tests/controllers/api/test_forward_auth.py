"""What a proxy asks of a browser with our cookies, where no service is configured."""

import pytest

from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.product import Product

HERE = "/api/v1/forward-auth"


@pytest.fixture
def person(product: Product) -> Person:
    person = Person(product)
    person.sign_up(new_phone(), new_email())
    return person


def test_a_session_is_told_by_the_id_of_its_person(product: Product, person: Person) -> None:
    email = "SELECT id FROM users ORDER BY created_at DESC LIMIT 1"
    answer = person.get(HERE).response
    assert answer.status_code == 204
    assert answer.headers["x-latchkey-user"] == str(sql(product, email)[0]["id"])
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers


def test_without_a_session_it_is_401_in_json(product: Product) -> None:
    answer = Person(product).get(HERE).response
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "x-latchkey-user" not in answer.headers


def test_it_is_asked_by_get_alone(product: Product) -> None:
    for method, status in (("HEAD", 401), ("OPTIONS", 204), ("POST", 405), ("PUT", 405)):
        answer = Person(product).http.request(method, HERE)
        assert (method, answer.status_code) == (method, status)
        if status != 401:
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
            assert answer.headers["cache-control"] == "no-store"


def test_an_access_token_that_has_run_out_is_renewed(person: Person) -> None:
    del person.http.cookies["access"]
    answer = person.get(HERE).response
    assert answer.status_code == 204
    first, second = answer.headers.get_list("set-cookie")
    assert (first.partition("=")[0], second.partition("=")[0]) == ("access", "refresh")


def test_an_ended_session_opens_nothing(person: Person) -> None:
    held = dict(person.http.cookies)
    person.get("/account")
    person.post("/logout")
    person.http.cookies.update(held)
    assert person.get(HERE).status == 401
