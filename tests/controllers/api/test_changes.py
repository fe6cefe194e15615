"""A fresh proof, and a new number, address or password, in JSON."""

from collections.abc import Iterator

import pytest

from tests.client import Client, problem_of
from tests.person import PASSWORD, new_email, new_phone
from tests.product import Product

OTHER = "nine herons sail backwards"
ASKED = (403, "confirmation_required", None)


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    """Signed in by the password alone."""
    with Client(product) as client:
        client.sign_up(new_phone(), new_email())
        me = client.get("/me").json()
        client.post("/login/password", email=me["email"], password=PASSWORD)
        yield client


def phone_of(client: Client) -> str:
    return str(client.get("/me").json()["phone"])


def test_a_number_is_replaced_once_it_is_proved(client: Client) -> None:
    new = new_phone()
    assert problem_of(client.post("/me/phone", phone=new)) == ASKED
    assert client.confirm(phone_of(client)).status_code == 200
    asked = client.post("/me/phone", phone=new)
    assert set(asked.json()) == {"expires_at", "resend_after", "attempts_left", "call_after"}
    assert client.get("/me/phone-code/delivery").json()["detail"]
    changed = client.post("/me/phone-code", code=client.code(new))
    assert changed.json()["user"]["phone"] == new
    assert not changed.json()["delayed"]
    assert phone_of(client) == new


def test_an_address_is_replaced_once_it_is_proved(client: Client) -> None:
    new = new_email()
    client.confirm(phone_of(client))
    client.post("/me/email", email=new)
    assert problem_of(client.post("/me/email-code", code="00000000"))[:2] == (422, "wrong_code")
    assert client.post("/me/email-code/resend").status_code == 200
    changed = client.post("/me/email-code", code=client.code(new, 1))
    assert changed.json()["user"]["email"] == new


def test_a_password_is_replaced_with_a_fresh_proof(client: Client) -> None:
    assert problem_of(client.post("/me/password", password=OTHER)) == ASKED
    client.confirm(phone_of(client))
    assert problem_of(client.post("/me/password", password="short"))[2] == "password"
    email = client.post("/me/password", password=OTHER).json()["user"]["email"]
    assert client.post("/login/password", email=email, password=OTHER).status_code == 200


def test_the_proof_that_opened_the_session_confirms_nothing(client: Client) -> None:
    refused = client.post("/confirm", password=PASSWORD)
    assert problem_of(refused)[:2] == (422, "not_this_way")


def test_a_wrong_code_confirms_nothing(client: Client) -> None:
    assert problem_of(client.post("/confirm", code="000000"))[1] == "no_code"
    client.post("/confirm/code")
    refused = client.post("/confirm", code="000000")
    assert problem_of(refused) == (422, "wrong_code", "code")
    assert client.get("/confirm/delivery").json()["state"] in ("queued", "sent", "delivered")


def test_without_a_change_under_way_there_is_no_code(client: Client) -> None:
    assert problem_of(client.post("/me/phone-code", code="000000"))[1] == "no_code"
    assert problem_of(client.post("/me/phone-code/resend"))[1] == "no_code"
    assert problem_of(client.get("/me/email-code/delivery"))[1] == "no_code"
