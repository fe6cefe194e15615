"""Signing in with an ID token that an app was given by Auth0."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from app.settings import read_settings
from tests.client import Client, problem_of
from tests.openid import NONCE, VERIFIER, callback, chosen, provider_of
from tests.person import new_email, new_phone
from tests.product import NO_TLS, Product

PATH = "/login/auth0"
REFUSED = (422, "bad_id_token", "id_token")


@pytest.fixture
def client(product: Product) -> Iterator[Client]:
    with Client(product) as client:
        yield client


def id_token(product: Product, email: str) -> str:
    """As an app gets it, which redeems the code itself."""

    async def choose() -> dict[str, str]:
        async with httpx.AsyncClient(verify=NO_TLS) as http:
            provider = provider_of(http, product)
            return await chosen(provider, product, person="new", name="Zoe", email=email)

    settings = read_settings(product.env)
    form = {
        "grant_type": "authorization_code",
        "code": asyncio.run(choose())["code"],
        "code_verifier": VERIFIER,
        "redirect_uri": callback(product),
        "client_id": settings.auth0_client_id,
        "client_secret": settings.auth0_client_secret,
    }
    url = f"{settings.auth0_issuer}oauth/token"
    return str(httpx.post(url, data=form, verify=NO_TLS).json()["id_token"])


def test_a_new_identity_begins_a_sign_up_that_needs_no_password(client: Client) -> None:
    phone, email = new_phone(), new_email()
    begun = client.post(PATH, id_token=id_token(client.product, email), nonce=NONCE)
    assert begun.status_code == 201
    assert begun.json()["step"] == "phone"
    assert "password" not in begun.json()["missing"]
    client.post("/signup/phone", phone=phone)
    made = client.post("/signup/phone-code", code=client.code(phone))
    if "tokens" not in made.json():
        client.post("/signup/email", email=email)
        made = client.post("/signup/email-code", code=client.code(email))
    assert made.json()["user"]["auth0"]
    client.tokens = {}
    again = client.post(PATH, id_token=id_token(client.product, email), nonce=NONCE)
    assert (again.status_code, again.json()["user"]["phone"]) == (200, phone)
    assert not again.json()["existing"]


def test_a_token_is_taken_once(client: Client) -> None:
    body = {"id_token": id_token(client.product, new_email()), "nonce": NONCE}
    assert client.post(PATH, **body).status_code == 201
    client.handles.clear()
    assert problem_of(client.post(PATH, **body)) == REFUSED


@pytest.mark.parametrize("nonce", ["", "another"])
def test_a_token_of_another_sign_in_is_refused(client: Client, nonce: str) -> None:
    token = id_token(client.product, new_email())
    assert problem_of(client.post(PATH, id_token=token, nonce=nonce)) == REFUSED
    assert client.post(PATH, id_token=token, nonce=NONCE).status_code == 201


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "eyJhbGciOiJub25lIn0.e30."])
def test_what_is_no_id_token_is_refused(client: Client, token: str) -> None:
    assert problem_of(client.post(PATH, id_token=token, nonce=NONCE)) == REFUSED


def test_our_own_access_token_is_no_id_token(client: Client) -> None:
    client.sign_up(new_phone(), new_email())
    ours = client.tokens["access_token"]
    assert problem_of(client.post(PATH, id_token=ours, nonce=NONCE)) == REFUSED
