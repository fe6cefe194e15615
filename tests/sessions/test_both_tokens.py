"""What an access token alone is good for: to look, and to change nothing."""

import re
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from app.controllers.routes import CONTROLLERS
from tests.crowd import sql
from tests.holder import PASSWORD
from tests.owner import Owner
from tests.person import Person, Seen
from tests.sessions.conftest import Pair
from tests.sessions.held import session
from tests.sessions.mint import Mint, claims_of

NEEDS_NO_SESSION = "/account/undo/"
ELSEWHERE = ["/auth0/start?for=link", "/plan"]  # what changes an account by other addresses
FORM: dict[str, dict[str, str]] = {
    "/account/confirm": {"password": PASSWORD},
    "/account/deletion": {"password": PASSWORD},
    "/account/password": {"password": "seven grey otters swim"},
    "/plan": {"answer": "none"},
}
SENT = "SELECT count(*) FROM deliveries WHERE destination = $1"


def posts_of(controller: Any) -> set[str]:
    """The paths that it takes forms at."""
    handlers = [
        one for one in vars(controller).values() if "POST" in getattr(one, "http_methods", ())
    ]
    return {controller.path + path.rstrip("/") for one in handlers for path in one.paths}


def forms() -> list[str]:
    """Every one of the account's, those to come included."""
    found = {path for one in CONTROLLERS for path in posts_of(one) if "/account" in path}
    return sorted(path for path in found if not path.startswith(NEEDS_NO_SESSION)) + ELSEWHERE


@pytest.fixture(scope="module")
def owner(pair: Pair) -> Owner:
    return Owner(pair[0])


def thief(owner: Owner, refresh: str = "") -> Person:
    """With the access token of someone who has just proved who they are."""
    person = Person(owner.product)
    person.get("/signup/phone")
    person.token()
    for name, value in (("access", owner.http.cookies["access"]), ("refresh", refresh)):
        if value:
            person.http.cookies.set(name, value, domain="127.0.0.1")
    return person


def is_refused(seen: Seen, path: str) -> bool:
    return seen.location == f"/login?return_to={quote(path.partition('?')[0])}"


def filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", str(uuid4()), path)


@pytest.mark.parametrize("path", forms())
def test_it_posts_no_form_of_the_account(owner: Owner, path: str) -> None:
    form = FORM.get(path, {})
    seen = thief(owner).post(filled(path), **form)
    assert seen.status == 303
    assert seen.location.startswith("/login?return_to=")
    assert owner.get("/account").status == 200


def test_it_downloads_nothing(owner: Owner) -> None:
    for path in ("/account/data", "/account/password", "/account/phone", "/account/email"):
        assert is_refused(thief(owner).get(path), path)
    assert owner.get("/account/data").status == 200


def test_it_still_shows_the_account(owner: Owner) -> None:
    for path in ("/account", "/account/sessions", "/account/identities"):
        assert thief(owner).get(path).status == 200


def test_the_refresh_token_is_of_the_same_session(owner: Owner) -> None:
    """And not of another one, be it the same person's."""
    strangers, own = Owner(owner.product), owner.elsewhere()
    for other in (strangers, own):
        person = thief(owner, other.http.cookies["refresh"])
        assert is_refused(
            person.post("/account/sessions/revocation"), "/account/sessions/revocation"
        )
        assert other.get("/account").status == 200


@pytest.mark.parametrize("value", ["x", "A" * 70])
def test_one_that_is_none_of_ours_is_none(owner: Owner, value: str) -> None:
    assert is_refused(thief(owner, value).post("/account/confirm"), "/account/confirm")


def test_one_that_was_copied_long_ago_ends_the_session_here_too(pair: Pair) -> None:
    owner = Owner(pair[0])
    old = owner.http.cookies["refresh"]
    for _ in range(2):
        owner.http.cookies.delete("access")
        assert owner.get("/account").status == 200
    sid = claims_of(owner.http.cookies["access"])["sid"]
    assert is_refused(thief(owner, old).post("/account/confirm"), "/account/confirm")
    assert session(pair[0], sid)["revoked_reason"] == "replayed"
    assert owner.told("We ended one of your sessions")


def test_a_form_with_an_expired_access_token_goes_through(owner: Owner, pair: Pair) -> None:
    expired = Mint.of(pair[0]).expired(owner.http.cookies["access"])
    owner.get("/account/sessions")
    owner.http.cookies.set("access", expired, domain="127.0.0.1")
    assert owner.post("/account/sessions/revocation").location == "/account/sessions"


def test_nothing_is_sent_for_it(owner: Owner) -> None:
    before = sql(owner.product, SENT, owner.phone)
    for path in ("/account/confirm/code", "/account/phone-code/resend"):
        thief(owner).post(path)
    assert sql(owner.product, SENT, owner.phone) == before


def test_it_ends_no_session_by_signing_out(owner: Owner) -> None:
    person = thief(owner)
    out = person.post("/logout")
    assert (out.status, out.location) == (303, "/")
    assert "access" not in person.http.cookies
    assert owner.get("/account").status == 200


def test_it_ends_no_session_by_signing_in_as_someone_else(owner: Owner) -> None:
    other = Owner(owner.product)
    landed = thief(owner).submit("/login/password", email=other.email, password=PASSWORD)
    assert landed.path == "/account"
    assert owner.get("/account").status == 200


def test_the_refresh_token_alone_signs_out(owner: Owner) -> None:
    held = owner.elsewhere()
    person = Person(owner.product)
    person.get("/signup/phone")
    person.token()
    person.http.cookies.set("refresh", held.http.cookies["refresh"], domain="127.0.0.1")
    assert person.post("/logout").location == "/"
    assert held.get("/account").location.startswith("/login")
