"""Signing out: here and now, by a form of our own, and nowhere else."""

import re

import pytest

from tests.person import Person, Seen
from tests.product import Product
from tests.sessions.held import Owner, ask, held_by, is_out

GONE = ("access", "refresh", "flow", "notice", "return")


@pytest.fixture(scope="module")
def owner(product: Product) -> Owner:
    return Owner.sign_up(product)


@pytest.fixture
def person(owner: Owner) -> Person:
    """On the account page."""
    person = owner.sign_in()
    person.get("/account")
    return person


def test_it_leads_home_and_takes_the_session_along(person: Person, owner: Owner) -> None:
    held, device = held_by(person), person.http.cookies["device"]
    out = person.post("/logout")
    assert (out.status, out.location) == (303, "/")
    assert out.response.headers["cache-control"] == "no-store"
    assert set(person.http.cookies) == {"device", "seen", "notice"}
    assert person.http.cookies["device"] == device
    assert is_out(ask(owner.product, held))
    assert is_out(person.get("/account").response)


def test_cookies_go_one_by_one_so_that_those_of_the_device_stay(person: Person) -> None:
    headers = person.post("/logout").response.headers
    assert headers["clear-site-data"] == '"cache", "storage"'
    cleared = re.findall(r"(?:^|, )(\w+)=; [^,]*Max-Age=0", headers["set-cookie"])
    assert set(GONE) <= set(cleared)


def test_the_other_browser_stays(person: Person, owner: Owner) -> None:
    other = owner.sign_in()
    person.post("/logout")
    assert other.get("/account").status == 200


@pytest.mark.parametrize("token", ["", "x", "OF ANOTHER"])
def test_nobody_is_signed_out_by_a_form_of_someone_else(
    product: Product, person: Person, token: str
) -> None:
    stranger = Person(product)
    stranger.get("/signup/phone")
    given = stranger.token() if token == "OF ANOTHER" else token
    assert Seen(person.http.post("/logout", data={"csrf_token": given})).status == 403
    foreign = {"sec-fetch-site": "cross-site"}
    own = {"csrf_token": person.token()}
    assert Seen(person.http.post("/logout", data=own, headers=foreign)).status == 403
    assert person.get("/account").status == 200


def test_a_link_signs_nobody_out(person: Person) -> None:
    assert person.get("/logout").status == 405
    assert person.get("/account").status == 200


def test_whoever_is_out_already_is_led_home_too(product: Product, person: Person) -> None:
    assert person.post("/logout").location == "/"
    again = person.post("/logout")
    assert (again.status, again.location) == (303, "/")
    assert Person(product).post("/logout").location == "/"


def test_signed_out_in_another_tab_is_signed_out_in_this_one(person: Person) -> None:
    left_open = {"csrf_token": person.token()}
    person.post("/logout")
    person.get("/login/password")  # with a flow of its own
    again = Seen(person.http.post("/logout", data=left_open))
    assert (again.status, again.location) == (303, "/")
    assert "You’re signed out" in person.get("/").html
    foreign = {"sec-fetch-site": "cross-site"}
    assert Seen(person.http.post("/logout", data=left_open, headers=foreign)).status == 403
