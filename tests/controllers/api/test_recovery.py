"""The recovery of an account in JSON."""

from collections.abc import Iterator

import pytest

from tests.client import Client, problem_of
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

OTHER = "nine herons sail backwards"


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


def test_a_new_password_ends_every_session_and_signs_nobody_in(client: Client) -> None:
    phone, email = new_phone(), new_email()
    client.sign_up(phone, email)
    had = len(client.product.codes_for(email))
    begun = client.post("/recovery/email", email=email)
    assert (begun.status_code, begun.json()["step"]) == (202, "email-code")
    proved = client.post("/recovery/email-code", code=client.code(email, had)).json()
    assert proved["step"] == "password"
    assert proved["recovery"] != begun.json()["recovery"]
    ended = client.post("/recovery/password", password=OTHER)
    assert (ended.json()["step"], ended.json()["notices"]) == ("done", ["password-reset"])
    assert "tokens" not in ended.json()
    assert problem_of(client.get("/me")) == (401, "unauthenticated", None)
    client.tokens = {}
    assert client.post("/login/password", email=email, password=PASSWORD).status_code == 401
    assert client.post("/login/password", email=email, password=OTHER).status_code == 200


def test_an_address_without_an_account_is_answered_alike(product: Product) -> None:
    known, unknown = new_email(), new_email()
    Person(product).sign_up(new_phone(), known)
    answers = []
    for email in (known, unknown):
        with Client(product) as client:
            answer = client.post("/recovery/email", email=email)
            answers.append(
                (answer.status_code, {**answer.json(), "recovery": "", "expires_at": ""})
            )
            client.delivery("/recovery/email-code")
    assert answers[0] == answers[1]


def test_a_password_before_the_code_is_out_of_step(client: Client) -> None:
    client.post("/recovery/email", email=new_email())
    refused = client.post("/recovery/password", password=OTHER)
    assert problem_of(refused) == (409, "out_of_step", None)
    assert refused.json()["step"] == "email-code"


def test_a_handle_of_a_sign_up_recovers_nothing(client: Client) -> None:
    phone = new_phone()
    client.post("/signup/phone", phone=phone)
    body = {"recovery": client.handles["signup"], "code": "00000000"}
    refused = client.call("POST", "/recovery/email-code", body)
    assert problem_of(refused)[:2] == (409, "out_of_step")
