"""What a client sends by mistake, or to see what happens."""

import socket
from collections.abc import Iterator

import pytest

from tests.client import Client, problem_of
from tests.crowd import sql
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import Product

OLD = "UPDATE users SET created_at = created_at - interval '30 days' WHERE email = $1"
ODD = ["a\x00b", "\ufffd", "𝟎𝟒" * 3, "\u202e1", "x" * 20_000, " ", "\x00"]
# A call without a session, and the field that anything may be in.
FIELDS = [
    ("/signup/phone", "phone"), ("/login/phone", "phone"), ("/recovery/email", "email"),
    ("/signup/phone-code", "code"), ("/signup/phone-code", "signup"), ("/login/release", "login"),
]  # fmt: skip


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        client.sign_up(new_phone(), new_email())
        yield client


def status_of(client: Client, path: str, *headers: str, body: str = "") -> int:
    """Of a request with these very header lines, however often one is there."""
    lines = ["host: 127.0.0.1", "connection: close", f"content-length: {len(body)}", *headers]
    method = "POST" if body else "GET"
    request = "\r\n".join([f"{method} /api/v1{path} HTTP/1.1", *lines, "", body])
    with socket.create_connection(("127.0.0.1", client.product.port), 10) as connection:
        connection.sendall(request.encode())
        return int(connection.makefile("rb").readline().split()[1])


def test_two_tokens_open_nothing(signed_in: Client) -> None:
    good = f"authorization: Bearer {signed_in.tokens['access_token']}"
    assert status_of(signed_in, "/me", good) == 200
    for pair in ((good, good), (good, "authorization: Bearer x"), ("authorization: x", good)):
        assert status_of(signed_in, "/me", *pair) == 401


def test_two_keys_are_none(client: Client) -> None:
    body, kind = f'{{"phone": "{new_phone()}"}}', "content-type: application/json"
    keys = ("idempotency-key: one", "idempotency-key: two")
    assert status_of(client, "/signup/phone", kind, *keys, body=body) == 422


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_odd_strings_are_refused(client: Client, value: str) -> None:
    client.post("/signup/phone", phone=new_phone())
    client.post("/login/phone", phone=new_phone())
    for path, field in FIELDS:
        answer = client.post(path, **{field: value} | _rest(path, field))
        assert answer.status_code == 422, (path, field)


def _rest(path: str, field: str) -> dict[str, str]:
    return {"code": "000000"} if (path, field) == ("/signup/phone-code", "signup") else {}


def test_a_country_is_known_by_small_letters_too(client: Client) -> None:
    assert client.post("/signup/phone", phone="0612345678", country="fr").status_code == 201


def test_a_deletion_needs_no_body(client: Client) -> None:
    phone, email = new_phone(), new_email()
    client.sign_up(phone, email)
    client.post("/login/password", email=email, password=PASSWORD)
    refused = client.call("DELETE", "/me")
    assert problem_of(refused) == (403, "confirmation_required", None)
    client.confirm(phone)
    assert client.call("DELETE", "/me").status_code == 204


def test_a_young_session_changes_no_language_and_is_told_so(client: Client) -> None:
    email = new_email()
    client.sign_up(new_phone(), email)
    assert client.call("PATCH", "/me", {"locale": "de"}).json()["locale"] == "de"
    sql(client.product, OLD, email)
    assert client.call("PATCH", "/me", {"locale": "fr"}).json()["locale"] == "de"
    assert client.get("/me").json()["locale"] == "de"


def test_tokens_of_the_api_are_no_cookies(signed_in: Client) -> None:
    for name, token in (("access", "access_token"), ("refresh", "refresh_token")):
        person = Person(signed_in.product)
        person.http.cookies.set(name, signed_in.tokens[token])
        assert person.get("/account").location.startswith("/login")


def test_whoever_asks_about_a_contact_is_not_told_whose_it_is(client: Client) -> None:
    phone, email = new_phone(), new_email()
    Person(client.product).sign_up(phone, email)
    told = []
    for number, address in ((phone, email), (new_phone(), new_email())):
        client.handles.clear()
        begun = client.post("/login/phone", phone=number).json()
        wrong = client.post("/login/phone-code", code="00000").json()
        asked = client.post("/recovery/email", email=address).json()
        later = client.post("/recovery/email-code", code="00000").json()
        told.append([{**each, "expires_at": "", "login": "", "recovery": ""}
                     for each in (begun, wrong, asked, later)])  # fmt: skip
    assert told[0] == told[1]
