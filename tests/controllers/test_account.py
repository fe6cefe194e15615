"""The account page, and where someone is signed in."""

import re
from time import sleep
from uuid import uuid4

import pytest

from tests.crowd import sql
from tests.owner import spoken
from tests.pages import Page
from tests.person import Person, Seen
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner, held_by
from tests.sessions.mint import claims_of

HERE, OTHERS = "/account/sessions", "/account/sessions/revocation"
ONE = re.compile(r'action="(/account/sessions/[0-9a-f-]{36}/revocation)"')
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/142.0.0.0 Safari/537.36"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def owner(product: Product) -> Owner:
    """With one session of theirs: that of the sign-up, which is ended."""
    owner = Owner.sign_up(product)
    sql(product, "UPDATE sessions SET revoked_at = clock_timestamp() WHERE user_id ="
        " (SELECT id FROM users WHERE email = $1)", owner.email)  # fmt: skip
    return owner


def signed_in_with(owner: Owner, agent: str) -> Person:
    person = Person(owner.product)
    person.http.headers["user-agent"] = agent
    person.submit("/login/password", email=owner.email, password=PASSWORD)
    return person


def revocation(person: Person) -> str:
    return f"/account/sessions/{claims_of(person.http.cookies['access'])['sid']}/revocation"


def listed(person: Person) -> list[str]:
    """The devices in the list, as they are headed."""
    [items] = re.findall(
        r'<ul class="cards" id="sessions">(.*?)</ul>', person.get(HERE).html, re.DOTALL
    )
    found = re.findall(r"<h2>(.*?)</h2>", items)
    return [" ".join(re.sub("<[^>]+>", " ", heading).split()) for heading in found]


def test_the_account_is_shown_to_its_owner(owner: Owner) -> None:
    seen = owner.sign_in().get("/account")
    text = Page("account", seen.html).text
    assert (seen.status, seen.heading) == (200, "Your account")
    assert spoken(owner.phone) in text
    assert owner.email in text
    assert "1 device" in text
    assert seen.response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/account", HERE, OTHERS])
def test_a_stranger_is_led_to_the_sign_in_and_back(
    product: Product, owner: Owner, path: str
) -> None:
    stranger = Person(product)
    away = stranger.get(path)
    assert away.location == f"/login?return_to={path}"
    stranger.get(away.location)
    landed = stranger.submit("/login/password", email=owner.email, password=PASSWORD)
    assert (landed.location or landed.path) == (HERE if path == OTHERS else path)


def test_every_session_is_listed_and_this_one_marked(owner: Owner) -> None:
    chrome, firefox = (signed_in_with(owner, agent) for agent in (CHROME, FIREFOX))
    assert listed(chrome) == ["Chrome on Windows This device", "Firefox on Linux"]
    assert listed(firefox) == ["Firefox on Linux This device", "Chrome on Windows"]
    page = chrome.get(HERE)
    assert ONE.findall(page.html) == [revocation(firefox)], "this one has no button"
    assert page.html.count("on the network you’re on now") == 2
    assert f'action="{OTHERS}"' in page.html


def test_a_single_session_has_nothing_to_be_ended(owner: Owner) -> None:
    page = owner.sign_in().get(HERE)
    assert ONE.findall(page.html) == []
    assert OTHERS not in page.html


def test_one_session_is_ended_and_it_is_told_once(owner: Owner) -> None:
    person, other, third = owner.sign_in(), owner.sign_in(), owner.sign_in()
    ended = person.submit_from(HERE, revocation(other))
    assert (ended.path, ended.status) == (HERE, 200)
    assert "That session has ended." in ended.html
    assert "That session has ended." not in person.get(HERE).html
    assert len(listed(person)) == 2
    sleep(1.0)
    assert other.get("/account").location.startswith("/login")
    assert (person.get("/account").status, third.get("/account").status) == (200, 200)


def test_all_others_are_ended_at_once(owner: Owner) -> None:
    person, *others = (owner.sign_in() for _ in range(4))
    ended = person.submit_from(HERE, OTHERS)
    assert "All other sessions have ended." in ended.html
    assert listed(person) == ["An unknown device This device"]
    sleep(1.0)
    assert [other.get("/account").status for other in others] == [303] * 3
    assert person.get("/account").status == 200


def test_someone_elses_session_is_not_there(product: Product, owner: Owner) -> None:
    person, stranger = owner.sign_in(), Owner.sign_up(product).sign_in()
    answers = []
    for path in (revocation(stranger), f"/account/sessions/{uuid4()}/revocation"):
        person.get(HERE)
        done = person.post(path)
        answers.append((done.status, done.location, "has ended" in person.get(HERE).html))
    assert answers[0] == answers[1] == (303, HERE, True)
    sleep(1.0)
    assert stranger.get("/account").status == 200


def test_of_a_session_that_was_ended_before_the_same_is_told(owner: Owner) -> None:
    person, other = owner.sign_in(), owner.sign_in()
    for _ in range(2):
        ended = person.submit_from(HERE, revocation(other))
        assert "That session has ended." in ended.html


def test_ones_own_session_can_be_ended_too(owner: Owner) -> None:
    person = owner.sign_in()
    person.get(HERE)
    assert person.post(revocation(person)).status == 303
    assert person.get(HERE).location.startswith("/login")


@pytest.mark.parametrize("which", ["one", "others"])
def test_without_the_token_of_the_form_nothing_is_ended(owner: Owner, which: str) -> None:
    person, other = owner.sign_in(), owner.sign_in()
    path = revocation(other) if which == "one" else OTHERS
    person.get(HERE)
    for form in ({"csrf_token": ""}, {"csrf_token": "x"}, {"csrf_token": other.token()}):
        assert Seen(person.http.post(path, data=form)).status == 403
    foreign = {"sec-fetch-site": "cross-site"}
    own = {"csrf_token": person.token()}
    assert Seen(person.http.post(path, data=own, headers=foreign)).status == 403
    sleep(1.0)
    assert other.get("/account").status == 200


@pytest.mark.parametrize("name", ["x", "1", "../../logout", "%00", "0" * 36])
def test_what_names_no_session_is_not_found(owner: Owner, name: str) -> None:
    person = owner.sign_in()
    person.get(HERE)
    assert person.post(f"/account/sessions/{name}/revocation").status in (404, 405)
    assert person.get("/account").status == 200


def test_whoever_was_signed_out_meanwhile_comes_back_to_the_list(owner: Owner) -> None:
    person, other = owner.sign_in(), owner.sign_in()
    person.get(HERE)
    other.submit_from(HERE, OTHERS)
    sleep(1.0)
    for path in (OTHERS, revocation(other)):
        away = person.post(path)
        assert away.location == f"/login?return_to={path}"
        person.get(away.location)
        landed = person.submit("/login/password", email=owner.email, password=PASSWORD)
        assert person.get(landed.location).path == HERE
        person.post("/logout")


def test_what_is_over_is_not_listed(product: Product, owner: Owner) -> None:
    person, other = owner.sign_in(), owner.sign_in()
    sid = claims_of(held_by(other).access)["sid"]
    sql(product, "UPDATE sessions SET idle_expires_at = clock_timestamp() WHERE id = $1", sid)
    assert len(listed(person)) == 1
