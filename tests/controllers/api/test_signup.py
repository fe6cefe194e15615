"""The sign-up in JSON: the same flow as the pages have, for other programs."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.client import Client, problem_of
from tests.controllers.conftest import Limited
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

WRONG = "000000"


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


def test_a_sign_up_from_the_number_to_the_account(client: Client) -> None:
    phone, email = new_phone(), new_email()
    begun = client.post("/signup/phone", phone=phone)
    assert begun.status_code == 201
    assert begun.headers["cache-control"] == "no-store"
    body = begun.json()
    assert (body["step"], body["missing"]) == ("phone-code", ["phone", "email", "password"])
    assert 0 <= body["resend_after"] <= 30
    expires = datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < expires <= timedelta(minutes=10)
    proved = client.post("/signup/phone-code", code=client.code(phone)).json()
    assert (proved["step"], proved["missing"]) == ("email", ["email", "password"])
    assert proved["signup"] != body["signup"]
    assert client.post("/signup/email", email=email).json()["step"] == "email-code"
    assert client.post("/signup/email-code", code=client.code(email)).json()["step"] == "password"
    made = client.post("/signup/password", password=PASSWORD)
    assert made.status_code == 201
    user, tokens = made.json()["user"], made.json()["tokens"]
    assert (user["phone"], user["email"], user["auth0"]) == (phone, email, False)
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 300)
    assert not made.json()["existing"]
    assert client.get("/me").json()["id"] == user["id"]


def test_a_number_that_has_an_account_opens_it(client: Client, product: Product) -> None:
    phone, email = new_phone(), new_email()
    Person(product).sign_up(phone, email)
    had = len(product.codes_for(phone))
    client.post("/signup/phone", phone=phone)
    opened = client.post("/signup/phone-code", code=client.code(phone, had))
    assert opened.status_code == 200
    assert (opened.json()["existing"], opened.json()["user"]["email"]) == (True, email)


def test_a_wrong_code_says_how_many_tries_are_left(client: Client) -> None:
    client.post("/signup/phone", phone=new_phone())
    refused = client.post("/signup/phone-code", code=WRONG)
    assert problem_of(refused) == (422, "wrong_code", "code")
    assert refused.json()["attempts_left"] == 4


def test_another_code_too_soon_is_refused_with_the_wait(limited: Limited) -> None:
    phone = new_phone()
    with Client(limited.product) as client:
        client.post("/signup/phone", phone=phone)
        refused = client.post("/signup/phone-code/resend")
        assert problem_of(refused) == (429, "too_soon", None)
        assert 0 < refused.json()["retry_after"] <= 30
        assert refused.headers["retry-after"] == str(refused.json()["retry_after"])
        client.handles.clear()
        assert problem_of(client.post("/signup/phone", phone=phone)) == (429, "too_soon", None)


def test_a_step_that_is_not_the_current_one_is_told_with_that(client: Client) -> None:
    client.post("/signup/phone", phone=new_phone())
    refused = client.post("/signup/password", password=PASSWORD)
    assert problem_of(refused) == (409, "out_of_step", None)
    assert refused.json()["step"] == "phone-code"


def test_a_number_is_replaced_before_and_after_it_is_proved(client: Client) -> None:
    first, second = new_phone(), new_phone()
    client.post("/signup/phone", phone=first)
    client.post("/signup/phone-code", code=client.code(first))
    replaced = client.post("/signup/phone", phone=second)
    assert (replaced.json()["step"], replaced.json()["missing"][0]) == ("phone-code", "phone")
    proved = client.post("/signup/phone-code", code=client.code(second))
    assert proved.json()["step"] == "email"


def test_what_became_of_the_text_is_told_to_who_holds_the_handle(client: Client) -> None:
    phone = new_phone()
    client.post("/signup/phone", phone=phone)
    client.code(phone)
    told = client.delivery("/signup/phone-code").json()
    assert told["state"] in ("queued", "sent", "delivered")
    assert told["detail"]
    unnamed = client.call("GET", "/signup/phone-code/delivery")
    assert problem_of(unnamed) == (422, "unknown_handle", "signup")


@pytest.mark.parametrize("handle", ["", "x", "q1bXcWJ0tV5s0mSx3j8h2oM9d7k6yq4LzCwRrEuTnAg"])
def test_a_handle_that_was_not_issued_opens_nothing(client: Client, handle: str) -> None:
    refused = client.call("POST", "/signup/phone-code", {"signup": handle, "code": WRONG})
    assert problem_of(refused) == (422, "unknown_handle", "signup")


def test_the_flow_of_a_browser_is_no_handle(client: Client, product: Product) -> None:
    person = Person(product)
    person.give_phone(new_phone())
    secret = person.http.cookies["flow"].removeprefix("b.")
    refused = client.call("POST", "/signup/phone-code", {"signup": secret, "code": WRONG})
    assert problem_of(refused) == (422, "unknown_handle", "signup")


def test_after_the_proof_the_old_handle_leads_nowhere(client: Client) -> None:
    phone = new_phone()
    old = client.post("/signup/phone", phone=phone).json()["signup"]
    client.post("/signup/phone-code", code=client.code(phone))
    body = {"signup": old, "email": new_email()}
    assert problem_of(client.call("POST", "/signup/email", body))[1] == "out_of_step"
