"""A token of one kind is never taken for another, and none from before a sign-in outlives it."""

import pytest

from tests.person import Person
from tests.sessions.conftest import Pair
from tests.sessions.held import PASSWORD, Held, Owner, ask, held_by, is_out, request, send_at_once
from tests.sessions.mint import claims_of

KINDS = ("access", "refresh", "flow", "csrf", "device", "seen", "return", "notice", "sid", "code")


@pytest.fixture(scope="module")
def tokens(pair: Pair) -> dict[str, str]:
    """One of each, all of one person, and all good for what they are for."""
    owner = Owner.sign_up(pair[0])
    person = Person(pair[0])
    person.get("/login?return_to=/account/sessions")
    returned = person.http.cookies["return"]
    person.submit("/login/password", email=owner.email, password=PASSWORD)
    token = person.token()
    cookies = dict(person.http.cookies)
    held = held_by(person)
    code = pair[0].code_for(owner.phone)
    return cookies | {
        "csrf": token,
        "return": returned,
        "notice": "signed-out",
        "sid": claims_of(held.access)["sid"],
        "code": code,
        "email": owner.email,
    }


def with_cookies(**cookies: str) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


def signed_in(tokens: dict[str, str]) -> dict[str, str]:
    return {name: tokens[name] for name in ("access", "refresh")}


def test_each_is_good_for_what_it_is_for(pair: Pair, tokens: dict[str, str]) -> None:
    assert ask(pair[0], Held(tokens["access"], "")).status_code == 200
    form = request(
        "POST", pair[0], "/account/sessions/revocation",
        with_cookies(**signed_in(tokens), flow=tokens["flow"]), csrf_token=tokens["csrf"],
    )  # fmt: skip
    [answer] = send_at_once([form])
    assert answer.headers["location"] == "/account/sessions"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "access"])
def test_nothing_else_is_an_access_token(pair: Pair, tokens: dict[str, str], kind: str) -> None:
    for value in variants(tokens[kind]):
        assert is_out(ask(pair[1], Held(value, "")))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "refresh"])
def test_nothing_else_is_a_refresh_token(pair: Pair, tokens: dict[str, str], kind: str) -> None:
    for value in variants(tokens[kind]):
        assert is_out(ask(pair[1], Held("", value)))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "csrf"])
def test_nothing_else_is_a_form_token(pair: Pair, tokens: dict[str, str], kind: str) -> None:
    cookies = with_cookies(**signed_in(tokens), flow=tokens["flow"])
    forms = [
        request("POST", pair[0], "/account/sessions/revocation", cookies, csrf_token=value)
        for value in variants(tokens[kind])
    ]
    assert {answer.status_code for answer in send_at_once(forms)} == {403}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "flow"])
def test_nothing_else_is_a_flow(pair: Pair, tokens: dict[str, str], kind: str) -> None:
    forms = [
        request(
            "POST", pair[0], "/account/sessions/revocation",
            with_cookies(**signed_in(tokens), flow=value), csrf_token=tokens["csrf"],
        )
        for value in variants(tokens[kind])
    ]  # fmt: skip
    assert {answer.status_code for answer in send_at_once(forms)} == {403}


def test_nothing_else_is_a_device_the_owner_has_used(pair: Pair, tokens: dict[str, str]) -> None:
    """Whose budget of wrong passwords is their own."""
    stranger = Person(pair[0])
    for _ in range(5):
        stranger.submit("/login/password", email=tokens["email"], password="not the right one")
    for value in (v for kind in KINDS if kind != "device" for v in variants(tokens[kind])):
        stranger.http.cookies.set("device", value, domain="127.0.0.1")
        refused = stranger.submit("/login/password", email=tokens["email"], password=PASSWORD)
        assert refused.status == 429
    stranger.http.cookies.set("device", tokens["device"], domain="127.0.0.1")
    landed = stranger.submit("/login/password", email=tokens["email"], password=PASSWORD)
    assert landed.path == "/account"


def variants(token: str) -> set[str]:
    """The token, and what may be left of it where a part is cut off."""
    return {token, token.rstrip("="), token.partition(".")[2] or "x", f"b.{token}"}
