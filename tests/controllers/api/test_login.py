"""Signing in in JSON: by a code to the phone, by e-mail and password."""

from collections.abc import Iterator

import pytest

from tests.client import Client, problem_of
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

WRONG = [("email", "nobody@example.com"), ("password", "eight otters paint slowly")]


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


@pytest.fixture(scope="module")
def account(product: Product) -> tuple[str, str]:
    phone, email = new_phone(), new_email()
    Person(product).sign_up(phone, email)
    return phone, email


def test_a_code_to_the_phone_opens_its_account(client: Client, account: tuple[str, str]) -> None:
    phone, email = account
    had = len(client.product.codes_for(phone))
    begun = client.post("/login/phone", phone=phone)
    assert (begun.status_code, begun.json()["step"]) == (200, "phone-code")
    assert "missing" not in begun.json()
    assert "signup" not in begun.json()
    opened = client.post("/login/phone-code", code=client.code(phone, had))
    assert (opened.status_code, opened.json()["user"]["email"]) == (200, email)
    assert not opened.json()["existing"]


def test_a_number_that_nobody_has_goes_on_as_a_sign_up(client: Client) -> None:
    phone, email = new_phone(), new_email()
    begun = client.post("/login/phone", phone=phone).json()
    proved = client.post("/login/phone-code", code=client.code(phone)).json()
    assert (proved["step"], proved["missing"]) == ("email", ["email", "password"])
    assert "login" not in proved
    assert proved["signup"] != begun["login"]
    client.post("/signup/email", email=email)
    client.post("/signup/email-code", code=client.code(email))
    assert client.post("/signup/password", password=PASSWORD).status_code == 201


def test_a_password_opens_the_account(client: Client, account: tuple[str, str]) -> None:
    phone, email = account
    opened = client.post("/login/password", email=email.upper(), password=PASSWORD)
    assert (opened.status_code, opened.json()["user"]["phone"]) == (200, phone)
    assert client.get("/me").json()["email"] == email


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_every_wrong_pair_is_refused_alike(
    client: Client, account: tuple[str, str], field: str, value: str
) -> None:
    pair = {"email": account[1], "password": PASSWORD} | {field: value}
    refused = client.post("/login/password", **pair)
    assert problem_of(refused) == (401, "invalid_credentials", "password")
    assert refused.json()["detail"].startswith("That e-mail or password isn’t right.")


def test_a_resend_without_a_wait_sends_the_same_code(client: Client) -> None:
    phone = new_phone()
    client.post("/login/phone", phone=phone)
    first = client.code(phone)
    assert client.post("/login/phone-code/resend").json()["step"] == "phone-code"
    assert client.code(phone, 1) == first
    assert client.delivery("/login/phone-code").status_code == 200


def test_two_clients_with_one_password_have_two_sessions(
    product: Product, account: tuple[str, str]
) -> None:
    with Client(product) as one, Client(product) as other:
        for each in (one, other):
            each.post("/login/password", email=account[1], password=PASSWORD)
        assert one.tokens["refresh_token"] != other.tokens["refresh_token"]


def test_the_detail_is_in_the_language_of_the_client(product: Product) -> None:
    with Client(product, **{"accept-language": "de"}) as client:
        refused = client.post("/login/password", email="nobody@example.com", password=PASSWORD)
        assert refused.json()["code"] == "invalid_credentials"
        assert "Passwort" in refused.json()["detail"]
