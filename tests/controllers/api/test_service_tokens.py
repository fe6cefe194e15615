"""Tokens for services: what each says, and that no kind of token is taken in another's place."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from tests.client import Client, problem_of
from tests.holder import Holder
from tests.neighbours import ADDRESS, BLOG, SHOP, Asking
from tests.person import new_email, new_phone
from tests.product import Product
from tests.sessions.mint import claims_of

UNDER_API = "/api/v1"
CLAIMS = {"iss", "aud", "sub", "sid", "iat", "exp", "jti", "auth_time", "amr"}
CONTACTS = {"phone_number", "phone_number_verified", "email", "email_verified"}
KINDS = (
    "browser access", "browser refresh", "flow", "service cookie", "service code",
    "api access", "api refresh", "signup handle", "login handle", "service token", "sid",
)  # fmt: skip
# Where a token is taken: the kind that is, and how it is shown there.
PLACES = {
    "cookie access": ("browser access", "GET", ADDRESS, "access"),
    "cookie refresh": ("browser refresh", "GET", ADDRESS, "refresh"),
    "bearer of me": ("api access", "GET", f"{UNDER_API}/me", ""),
    "bearer of a service token": ("api access", "POST", f"{UNDER_API}/tokens/service", ""),
    "bearer of log-out": ("api access", "POST", f"{UNDER_API}/logout", ""),
    "body of a refresh": ("api refresh", "POST", f"{UNDER_API}/tokens/refresh", ""),
}


@pytest.fixture(scope="module")
def client(serviced: Product) -> Iterator[Client]:
    with Client(serviced) as client:
        client.sign_up(new_phone(), new_email())
        yield client


def token_for(client: Client, audience: str) -> str:
    answer = client.post("/tokens/service", audience=audience)
    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 300
    return str(answer.json()["access_token"])


def verified(client: Client, token: str, audience: str) -> dict[str, Any]:
    """As a service checks it: with nothing of ours but the key set."""
    keys = jwt.PyJWKSet.from_dict(httpx.get(f"{client.product.url}/.well-known/jwks.json").json())
    header = jwt.get_unverified_header(token)
    assert header["typ"] == "at+jwt"
    key, issuer = keys[header["kid"]].key, client.product.url
    return jwt.decode(token, key, ["EdDSA"], audience=audience, issuer=issuer)


def test_a_token_says_what_the_scopes_of_its_service_allow(client: Client) -> None:
    me = client.get("/me").json()
    shop = verified(client, token_for(client, SHOP), SHOP)
    assert set(shop) == CLAIMS | CONTACTS
    assert (shop["phone_number"], shop["email"]) == (me["phone"], me["email"])
    assert (shop["sub"], shop["exp"] - shop["iat"]) == (me["id"], 300)
    own = claims_of(client.tokens["access_token"])
    assert [shop[name] for name in ("sid", "auth_time", "amr")] == [
        own[name] for name in ("sid", "auth_time", "amr")
    ]
    assert set(verified(client, token_for(client, "blog"), "blog")) == CLAIMS


def test_a_token_is_for_one_service_alone(client: Client) -> None:
    with pytest.raises(jwt.InvalidAudienceError):
        verified(client, token_for(client, SHOP), "blog")
    for audience in (SHOP, "blog"):
        with pytest.raises(jwt.InvalidAudienceError):
            verified(client, client.tokens["access_token"], audience)


@pytest.mark.parametrize("audience", ["", "shop", BLOG, f"{SHOP}/", "é"])
def test_nobody_is_given_a_token_for_a_service_that_is_not_there(
    client: Client, audience: str
) -> None:
    refused = client.post("/tokens/service", audience=audience)
    assert problem_of(refused) == (422, "unknown_audience", "audience")
    own = client.post("/tokens/service", audience=f"{client.product.url}/api")
    assert problem_of(own) == (422, "unknown_audience", "audience")


def test_a_session_that_has_ended_is_given_none(serviced: Product) -> None:
    with Client(serviced) as client:
        client.sign_up(new_phone(), new_email())
        client.post("/logout")
        refused = client.post("/tokens/service", audience=SHOP)
        assert problem_of(refused) == (401, "unauthenticated", None)


# Every kind at every place.


@pytest.fixture(scope="module")
def tokens(serviced: Product) -> Iterator[dict[str, str]]:
    """One of each kind, good for what it is for."""
    holder, asking = Holder(serviced), Asking(serviced)
    cookies = dict(holder.http.cookies)
    page = holder.get(asking.ask("/").headers["location"])
    while page.status == 303:
        page = holder.get(page.location)
    code = page.response.headers["refresh"].partition("latchkey=")[2]
    asking.ask(f"/?latchkey={code}")
    holder.get("/login/phone")
    with Client(serviced) as client:
        client.post("/signup/phone", phone=new_phone())
        client.post("/login/phone", phone=new_phone())
        handles = client.handles
        client.sign_up(new_phone(), new_email())
        yield {
            "browser access": cookies["access"],
            "browser refresh": cookies["refresh"],
            "flow": holder.http.cookies.get("flow") or cookies["flow"],
            "service cookie": asking.cookies["service"],
            "service code": code,
            "api access": client.tokens["access_token"],
            "api refresh": client.tokens["refresh_token"],
            "signup handle": handles["signup"],
            "login handle": handles["login"],
            "service token": token_for(client, SHOP),
            "sid": claims_of(client.tokens["access_token"])["sid"],
        }


def show(product: Product, place: str, token: str) -> httpx.Response:
    _kind, method, path, cookie = PLACES[place]
    headers = {"cookie": f"{cookie}={token}"} if cookie else {"authorization": f"Bearer {token}"}
    body = None
    if path.endswith("/service"):
        body = {"audience": SHOP}
    if path.endswith("/refresh"):
        headers, body = {}, {"refresh_token": token}
    return httpx.request(method, product.url + path, headers=headers, json=body)


@pytest.mark.parametrize("place", PLACES)
def test_no_other_kind_of_token_is_taken(
    serviced: Product, tokens: dict[str, str], place: str
) -> None:
    own = PLACES[place][0]
    for kind in KINDS:
        if kind != own:
            answer = show(serviced, place, tokens[kind])
            assert (answer.status_code, problem_of(answer)[1]) == (401, "unauthenticated"), kind


@pytest.mark.parametrize("place", [place for place in PLACES if "log-out" not in place])
def test_the_right_kind_is_taken(serviced: Product, tokens: dict[str, str], place: str) -> None:
    """So what is refused above is refused for its kind."""
    assert show(serviced, place, tokens[PLACES[place][0]]).status_code in (200, 204)


def test_a_service_takes_its_own_cookie_alone(serviced: Product, tokens: dict[str, str]) -> None:
    for kind in KINDS:
        answer = Asking(serviced, SHOP, {"service": tokens[kind]}).ask("/", "*/*")
        assert answer.status_code == (204 if kind == "service cookie" else 401), kind
