"""Calls of the API are read strictly, and known by their token alone."""

import json
from collections.abc import Iterator

import pytest

from tests.client import Client, problem_of
from tests.person import Person, new_email, new_phone
from tests.product import Product

JSON = {"content-type": "application/json"}
NOT_JSON = [
    b"{", b"nil", b'{"phone": NaN}', b'{"phone": "\\ud800"}', b"\xff\xfe{\x00}\x00",
    b'{"phone": "\xff"}',
]  # fmt: skip
BAD_FIELDS = [
    ('{"phone": 46701740605}', "phone"),
    ('{"phone": ["+46701740605"]}', "phone"),
    ('{"phone": null}', "phone"),
    ('{"phone": "+46701740605", "telephone": "x"}', "telephone"),
    ('{"phone": "+46701740605", "csrf_token": "x"}', "csrf_token"),
    ('{"country": "SE"}', "phone"),
    ('{"phone": "+46701740605", "phone": "+46701740606"}', "phone"),
    ('{"phone": "+46701740605", "\\u0070hone": "+46701740605"}', "phone"),
    ('["+46701740605"]', None),
    ("[" * 60_000, None),
    ('{"phone": ' + "[" * 60_000, "phone"),
    ("null", None),
    ('"phone"', None),
]
CODE = {"signup": "x", "code": 42917}


@pytest.fixture(scope="module")
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        client.sign_up(new_phone(), new_email())
        yield client


@pytest.mark.parametrize("body", NOT_JSON)
def test_what_is_not_json_is_refused(client: Client, body: bytes) -> None:
    refused = client.http.post("/signup/phone", content=body, headers=JSON)
    assert problem_of(refused) == (400, "bad_json", None)


def test_a_call_without_its_body_is_refused(client: Client) -> None:
    refused = client.http.post("/signup/phone", headers=JSON)
    assert problem_of(refused) == (400, "bad_request", None)
    assert refused.json()["detail"].startswith("The body is missing")


@pytest.mark.parametrize(("body", "field"), BAD_FIELDS, ids=range(len(BAD_FIELDS)))
def test_a_field_that_is_not_what_it_has_to_be_is_named(
    client: Client, body: str, field: str | None
) -> None:
    refused = client.http.post("/signup/phone", content=body, headers=JSON)
    assert problem_of(refused) == (422, "bad_field", field)


def test_a_code_is_never_a_number(client: Client) -> None:
    refused = client.call("POST", "/signup/phone-code", CODE)
    assert problem_of(refused) == (422, "bad_field", "code")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_content_type_is_refused(client: Client, kind: str) -> None:
    headers = {"content-type": kind} if kind else {}
    body = json.dumps({"phone": new_phone()}).encode()
    refused = client.http.post("/signup/phone", content=body, headers=headers)
    assert problem_of(refused) == (415, "unsupported_media_type", None)
    assert "has to be application/json" in refused.json()["detail"]


def test_a_charset_beside_the_content_type_is_fine(client: Client) -> None:
    kind = {"content-type": "Application/JSON; charset=utf-8"}
    body = json.dumps({"phone": new_phone()}).encode()
    assert client.http.post("/signup/phone", content=body, headers=kind).status_code == 201


def test_a_body_of_more_than_64_kib_is_refused(client: Client) -> None:
    refused = client.http.post("/signup/phone", json={"phone": "0" * 65_536})
    assert problem_of(refused)[0] == 413


def test_cookies_alone_open_nothing(product: Product, client: Client) -> None:
    person = Person(product)
    person.sign_up(new_phone(), new_email())
    assert problem_of(person.get("/api/v1/me").response) == (401, "unauthenticated", None)
    assert person.http.delete("/api/v1/sessions").status_code == 401


def test_a_token_beside_our_cookies_is_refused(product: Product, signed_in: Client) -> None:
    person = Person(product)
    person.give_phone(new_phone())
    token = f"Bearer {signed_in.tokens['access_token']}"
    refused = person.get("/api/v1/me", authorization=token).response
    assert problem_of(refused) == (400, "two_credentials", None)
    theirs = signed_in.call("GET", "/me", cookie="theme=dark; other=1")
    assert theirs.status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", "Basic YTpi", "bearer \xff"])
def test_without_a_good_token_it_is_401(client: Client, given: str) -> None:
    headers = {"authorization": given.encode("latin-1")} if given else {}
    refused = client.http.get("/me", headers=headers)  # type: ignore[arg-type]
    assert problem_of(refused) == (401, "unauthenticated", None)
    assert refused.headers["www-authenticate"] == "Bearer"


def test_unknown_paths_and_wrong_methods_are_problems(client: Client) -> None:
    assert problem_of(client.get("/nothing"))[:2] == (404, "not_found")
    german = client.http.get("/nothing", headers={"accept-language": "de"})
    assert german.json()["detail"] == "Hier gibt es keine Seite"
    wrong = client.http.put("/me")
    assert problem_of(wrong)[0] == 405
    assert wrong.headers["allow"] == "GET, HEAD, PATCH, DELETE, OPTIONS"
