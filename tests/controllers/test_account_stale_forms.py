"""Buttons of a page that was open too long, or signed out meanwhile: shown again, no dead end."""

import re

import pytest
from litestar import Litestar

from app.controllers.routes import CONTROLLERS
from tests.holder import PASSWORD
from tests.owner import Owner
from tests.person import Person, Seen, new_phone
from tests.product import Product

BUTTONS = {
    "/logout": ("You’re not signed out yet", "Sign out"),
    "/account/sessions/revocation": ("Where you’re signed in", "Sign out everywhere else"),
    "/account/phone/cancel": ("Enter the code from the text", "Cancel the change"),
}


@pytest.fixture
def owner(product: Product) -> Owner:
    owner = Owner(product)
    owner.name("phone", new_phone())
    return owner


@pytest.mark.parametrize("path", BUTTONS)
def test_a_stale_button_is_shown_again_and_works(owner: Owner, path: str) -> None:
    owner.elsewhere()
    heading, words = BUTTONS[path]
    stale = owner.page = Seen(owner.http.post(path, data={"csrf_token": "x"}))
    assert (stale.status, stale.heading) == (403, heading)
    assert "This page was open for too long." in stale.alert
    assert re.search(rf'action="{path}".*?<button[^>]*>{words}', stale.html, re.DOTALL)
    assert owner.post(path).status == 303


def test_where_there_is_nothing_to_cancel_the_account_is_offered(product: Product) -> None:
    nobody_waits = Owner(product)
    stale = Seen(nobody_waits.http.post("/account/phone/cancel", data={"csrf_token": "x"}))
    assert stale.status == 403
    assert 'href="/account"' in stale.html


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_who_was_signed_out_comes_back_to_a_page(product: Product, owner: Owner, kind: str) -> None:
    owner.get("/account")
    person = Person(product)
    person.page = owner.page
    away = person.post(f"/account/{kind}/cancel")
    assert away.location == f"/login?return_to=/account/{kind}/cancel"
    person.get(away.location)
    back = person.submit("/login/password", email=owner.email, password=PASSWORD)
    assert (back.path, back.location) == (f"/account/{kind}/cancel", "/account")


def test_every_button_of_the_account_has_a_page_to_come_back_to() -> None:
    """By the routes themselves: signing in leads back to the path by GET."""
    routes = {route.path: route.methods for route in Litestar(CONTROLLERS).routes}
    posted = [path for path, methods in routes.items() if "POST" in methods]
    assert len(posted) > 30
    own = [path for path in posted if path.startswith("/account/")]
    assert [path for path in own if "GET" not in routes[path]] == []
