"""Signing in: the ways, each from its page to the account."""

import json
from time import sleep

import pytest

from tests.crowd import answers, post_at_once, sql
from tests.owner import spoken
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner
from tests.sessions.mint import claims_of

OPENED = """
SELECT details, network, request_id FROM audit_events JOIN users ON users.id = user_id
WHERE event = 'session:opened' AND email = $1 ORDER BY at DESC
"""
TOLD = "SELECT FROM deliveries WHERE destination = $1 AND template = 'new_device'"


@pytest.fixture(scope="module")
def account(product: Product) -> tuple[str, str]:
    """The phone and e-mail of someone with an account."""
    phone, email = new_phone(), new_email()
    Person(product).sign_up(phone, email)
    return phone, email


def test_a_password_signs_in(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    landed = person.submit("/login/password", email=account[1], password=PASSWORD)
    assert (landed.status, landed.path, landed.heading) == (200, "/account", "Your account")
    assert spoken(account[0]) in landed.html


def test_each_sign_in_is_on_record(product: Product, account: tuple[str, str]) -> None:
    answer = Person(product).submit("/login/password", email=account[1], password=PASSWORD)
    assert answer.path == "/account"
    rows = sql(product, OPENED, account[1])
    told = {"amr": "pwd", "device": "An unknown device", "known": "no"}
    assert [json.loads(row["details"]) for row in rows[:1]] == [told]
    assert (rows[0]["network"], len(rows[0]["request_id"])) == ("127.0.0.0/24", 16)


def test_a_phone_signs_in(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    person.submit("/login/phone", phone=account[0])
    landed = person.submit("/login/phone-code", code=product.code_for(account[0]))
    assert (landed.status, landed.path) == (200, "/account")


def test_a_number_nobody_has_goes_on_at_the_sign_up(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.submit("/login/phone", phone=phone)
    landed = person.submit("/login/phone-code", code=product.code_for(phone))
    assert (landed.status, landed.path) == (200, "/signup/email")


def test_who_waits_for_the_text_is_helped(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    page = person.submit("/login/phone", phone=account[0])
    assert "Didn’t get a text?" in page.html


def test_who_was_signed_out_elsewhere_is_told_so_once(
    product: Product, account: tuple[str, str]
) -> None:
    person, other, stranger = (Person(product) for _ in range(3))
    for browser in (person, other):
        browser.submit("/login/password", email=account[1], password=PASSWORD)
    other.submit_from("/account/sessions", "/account/sessions/revocation")
    sleep(1.0)
    told = "You were signed out."
    assert told in person.get(person.get("/account").location).html
    assert told not in person.get("/login").html
    assert told not in stranger.get(stranger.get("/account").location).html


def test_every_wrong_pair_is_answered_alike(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    known = person.submit("/login/password", email=account[1], password="not the right one")
    unknown = person.submit("/login/password", email=new_email(), password="not the right one")
    assert known.status == unknown.status == 422
    assert known.alert == unknown.alert != ""
    assert known.field("password") == ""


def test_the_page_first_asked_for_comes_after(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    sent_away = person.get("/account/sessions")
    assert sent_away.location == "/login?return_to=/account/sessions"
    assert "Sign in to see your devices." in person.get(sent_away.location).html
    landed = person.submit("/login/password", email=account[1], password=PASSWORD)
    assert landed.path == "/account/sessions"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "/account/../x", "x"]
)
def test_nobody_is_sent_to_another_site(
    product: Product, account: tuple[str, str], elsewhere: str
) -> None:
    person = Person(product)
    person.http.get("/login", params={"return_to": elsewhere})
    landed = person.submit("/login/password", email=account[1], password=PASSWORD)
    assert landed.path == "/"


def test_signing_out_ends_the_session_for_good(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    person.submit("/login/password", email=account[1], password=PASSWORD)
    kept = dict(person.http.cookies)
    out = person.post("/logout")
    assert (out.status, out.location) == (303, "/")
    person.http.cookies.update({name: kept[name] for name in ("access", "refresh")})
    assert person.get("/account").location.startswith("/login")


def test_the_way_last_used_is_named(product: Product, account: tuple[str, str]) -> None:
    person = Person(product)
    person.submit("/login/password", email=account[1], password=PASSWORD)
    person.get("/account")
    person.post("/logout")
    page = person.get("/login")
    used = page.html.index('e-mail and password <span class="badge">Last used</span>')
    assert page.html.index('action="/login/phone"') < used < page.html.index("/auth0/start")
    assert (page.html.count("Last used"), "Sign in to" in page.html) == (1, False)
    assert "Last used" not in person.get("/signup").html


def test_in_the_middle_of_something_a_number_is_another_one(product: Product) -> None:
    """The ways in are there for who waits for a text, the number among them."""
    person, another = Person(product), new_phone()
    person.submit("/login/phone", phone=new_phone())
    assert "/login/phone?change" in person.get("/login?instead").html
    landed = person.submit_from("/login", "/login/phone?change", phone=another)
    assert (landed.path, product.code_for(another) != "") == ("/login/phone-code", True)
    assert person.get("/signup").location == "/signup/phone-code"


def test_the_same_form_five_times_at_once_opens_one_session(product: Product) -> None:
    owner, person = Owner.sign_up(product), Person(product)
    person.get("/login/password")
    given = post_at_once(person, "/login/password", 5, email=owner.email, password=PASSWORD)
    assert answers(given) == {"303 /account": 5}
    assert len({claims_of(answer.cookies["access"])["sid"] for answer in given}) == 1
    assert len(sql(product, OPENED, owner.email)) == 2  # with that of the sign-up
    assert len(sql(product, TOLD, owner.email)) == 1
