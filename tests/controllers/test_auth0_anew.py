"""Linking by an answer of Auth0: only when it has asked the person for this, and a moment ago."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.controllers.test_account_identities import HERE, Linker
from tests.crowd import sql
from tests.federated import identities_of
from tests.owner import Owner, undo_path
from tests.person import Seen, new_email
from tests.product import Product
from tests.standins.openid import LEFT_OUT, OpenIdStandIn

LINKED_BEFORE = """
UPDATE identities SET created_at = created_at - interval '8 days'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
BEFORE = "/auth0/failed/auth0-signed-in-before"
USED = "SELECT details FROM audit_events WHERE event = 'identity:used' ORDER BY at DESC"


class Mover(Linker, Owner):
    """Who also changes how they are reached."""


def returned(person: Linker, openid: OpenIdStandIn, purpose: str, **claims: Any) -> Seen:
    """What the person sees once the provider has answered with those claims."""
    asked = dict(parse_qsl(urlsplit(person.leave(purpose)).query))
    openid.nonce, openid.claims = asked["nonce"], {"sub": f"auth0|{person.email}", **claims}
    query = urlencode({"code": "a-code", "state": asked["state"]})
    return person.follow(f"/auth0/callback?{query}")


def asked_for(person: Linker, purpose: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(person.leave(purpose)).query))


def test_the_provider_is_told_to_ask_for_what_changes_an_account_only(
    abroad: Product, openid: OpenIdStandIn
) -> None:
    owner = Linker(abroad)
    returned(owner, openid, "link")
    for purpose in ("link", "confirm"):
        told = asked_for(owner, purpose)
        assert (told["max_age"], told["prompt"]) == ("0", "login")
    for purpose in ("login", "signup"):
        assert not {"max_age", "prompt"} & set(asked_for(owner, purpose))


@pytest.mark.parametrize("seconds", [0, -50, 50])
def test_a_sign_in_of_now_links_by_a_clock_that_differs(
    abroad: Product, openid: OpenIdStandIn, seconds: int
) -> None:
    owner = Linker(abroad)
    seen = returned(owner, openid, "link", auth_time=timedelta(seconds=seconds))
    assert (seen.status, seen.path) == (200, HERE)
    assert len(identities_of(abroad, owner.email)) == 1


@pytest.mark.parametrize("auth_time", [timedelta(seconds=-70), timedelta(days=-1), LEFT_OUT])
def test_a_sign_in_of_before_links_nothing(
    abroad: Product, openid: OpenIdStandIn, auth_time: Any
) -> None:
    owner = Linker(abroad)
    seen = returned(owner, openid, "link", auth_time=auth_time)
    assert (seen.status, seen.path) == (422, BEFORE)
    assert "weren’t asked to sign in" in seen.alert
    assert "Try again with single sign-on" in seen.html
    assert identities_of(abroad, owner.email) == []


@pytest.mark.parametrize("auth_time", ["1", True, None, -1, timedelta(seconds=300)])
def test_a_time_that_cannot_be_is_no_answer_at_all(
    abroad: Product, openid: OpenIdStandIn, auth_time: Any
) -> None:
    owner = Linker(abroad)
    seen = returned(owner, openid, "link", auth_time=auth_time)
    assert (seen.status, seen.path) == (422, "/auth0/failed/not-vouched-for")
    assert identities_of(abroad, owner.email) == []


def test_an_ordinary_sign_in_takes_any_and_records_it(
    abroad: Product, openid: OpenIdStandIn
) -> None:
    owner = Linker(abroad)
    returned(owner, openid, "link")
    for auth_time in (timedelta(days=-1), LEFT_OUT):
        assert returned(owner, openid, "login", auth_time=auth_time).path == "/account"
        [row, *_] = sql(abroad, USED)
        assert ("not told" in str(row["details"])) is (auth_time is LEFT_OUT)


@pytest.mark.parametrize("auth_time", [timedelta(seconds=-70), LEFT_OUT, timedelta(0)])
def test_a_sign_in_of_before_confirms_nothing(
    abroad: Product, openid: OpenIdStandIn, auth_time: Any
) -> None:
    owner = Linker(abroad)
    returned(owner, openid, "link")
    owner.let_proof_age()
    seen = returned(owner, openid, "confirm", auth_time=auth_time)
    of_now = auth_time == timedelta(0)
    assert seen.path == ("/account" if of_now else BEFORE)
    assert owner.get("/account/data").status == (200 if of_now else 303)


@pytest.mark.parametrize("auth_time", [timedelta(seconds=-70), LEFT_OUT, timedelta(0)])
def test_a_sign_in_of_before_undoes_nothing(
    abroad: Product, openid: OpenIdStandIn, auth_time: Any
) -> None:
    owner = Mover(abroad)
    returned(owner, openid, "link")
    sql(abroad, LINKED_BEFORE, owner.email)
    owner.change("email", new_email())
    link = undo_path(abroad, owner.email)
    owner.submit(link)
    purpose = f"undo&undo={link.rpartition('/')[2]}"
    asked = asked_for(owner, purpose)
    assert (asked["max_age"], asked["prompt"]) == ("0", "login")
    seen = returned(owner, openid, purpose, auth_time=auth_time)
    of_now = auth_time == timedelta(0)
    assert (seen.status, seen.path) == ((200, link) if of_now else (422, BEFORE))
