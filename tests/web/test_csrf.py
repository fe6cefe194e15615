"""Forms are accepted from our own pages, with a token of the same visitor; from nowhere else."""

import re

import pytest

from app.web.forms import Csrf
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

OLD, NEW = b"o" * 32, b"n" * 32
ORIGIN = "https://login.example.org"
FORMS = (
    "/signup/phone",
    "/signup/phone-code",
    "/signup/phone-code/resend",
    "/signup/email",
    "/signup/email-code",
    "/signup/email-code/resend",
    "/signup/password",
    "/signup/restart",
)
FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": "OURS"},
    {"origin": "https://evil.example"},
    {"origin": "null, OURS"},
    {"origin": "OURS.evil.example"},
    {"referer": "OURS/signup/phone"},
    {},
]
OWN = [
    {"sec-fetch-site": "same-origin"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"origin": "OURS"},
    {"origin": "null"},
]
BAD_TOKENS = ["", "x", "é", "A" * 86 + "==", "%00", "a" * 10_000]


def token_in(seen: Seen) -> str:
    return re.findall(r'name="csrf_token" value="([^"]+)"', seen.html)[0]


def send(person: Person, path: str, headers: dict[str, str], **fields: str) -> Seen:
    """A form with just these headers on where it is from."""
    person.http.headers.pop("sec-fetch-site", None)
    own = {name: value.replace("OURS", person.product.url) for name, value in headers.items()}
    return Seen(person.http.post(path, data=fields, headers=own))


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_from_elsewhere_is_refused_and_shown_again(
    product: Product, headers: dict[str, str]
) -> None:
    person, phone = Person(product), new_phone()
    token = token_in(person.get("/signup/phone"))
    refused = send(person, "/signup/phone", headers, phone=phone, csrf_token=token)
    assert (refused.status, refused.heading) == (403, "Create an account")
    assert "This page was open for too long." in refused.alert
    assert refused.field("phone") == phone
    again = send(person, "/signup/phone", OWN[0], phone=phone, csrf_token=token_in(refused))
    assert again.location == "/signup/phone-code"


@pytest.mark.parametrize("headers", OWN)
def test_a_form_of_our_own_page_is_accepted(product: Product, headers: dict[str, str]) -> None:
    person = Person(product)
    token = token_in(person.get("/signup/phone"))
    sent = send(person, "/signup/phone", headers, phone=new_phone(), csrf_token=token)
    assert sent.location == "/signup/phone-code"


@pytest.mark.parametrize("token", BAD_TOKENS)
def test_a_token_that_is_none_is_refused(product: Product, token: str) -> None:
    person = Person(product)
    person.get("/signup/phone")
    refused = send(person, "/signup/phone", OWN[0], phone=new_phone(), csrf_token=token)
    assert (refused.status, refused.heading) == (403, "Create an account")


@pytest.mark.parametrize("headers", OWN)
def test_a_token_of_someone_else_is_refused(product: Product, headers: dict[str, str]) -> None:
    person, attacker = Person(product), Person(product)
    person.get("/signup/phone")
    token = token_in(attacker.get("/signup/phone"))
    refused = send(person, "/signup/phone", headers, phone=new_phone(), csrf_token=token)
    assert refused.status == 403


@pytest.mark.parametrize("others", ["", "theme=dark; consent=all"])
@pytest.mark.parametrize("path", ["/signup/phone", "/login/phone", "/login/password"])
@pytest.mark.parametrize("htmx", [{}, {"hx-request": "true"}])
def test_a_browser_that_keeps_no_cookies_is_told_to_turn_them_on(
    product: Product, path: str, htmx: dict[str, str], others: str
) -> None:
    """Also where another product on the same host keeps some of its own."""
    person = Person(product)
    token = token_in(person.get(path))
    person.http.cookies.clear()
    headers = OWN[0] | htmx | ({"cookie": others} if others else {})
    refused = send(person, path, headers, phone="+61 491", csrf_token=token)
    assert (refused.status, refused.html.count("<html")) == (403, 0 if htmx else 1)
    assert "Turn on cookies for this site" in refused.alert
    assert "open for too long" not in refused.html
    assert "/login/password" in path or refused.field("phone") == "+61 491"


def test_a_step_that_only_cookies_lead_to_asks_for_them_too(product: Product) -> None:
    refused = send(Person(product), "/signup/phone-code", OWN[0], code="123456", csrf_token="x")
    assert (refused.status, refused.heading) == (403, "This page needs cookies")
    assert "Turn on cookies for this site" in refused.html


def test_a_form_whose_flow_is_over_says_nothing_of_cookies(product: Product) -> None:
    person = Person(product)
    token = token_in(person.get("/signup/phone"))
    person.http.cookies.clear()
    person.http.cookies.set("seen", "phone")
    refused = send(person, "/signup/phone", OWN[0], phone=new_phone(), csrf_token=token)
    assert "This page was open for too long." in refused.alert


@pytest.mark.parametrize("path", FORMS)
def test_no_form_works_for_a_stranger(product: Product, path: str) -> None:
    stranger = Person(product)
    for headers in (OWN[0], FOREIGN[0], {}):
        refused = send(stranger, path, headers, code="123456", csrf_token="x")
        assert refused.status == 403


def test_a_refused_code_is_not_counted_and_a_refused_password_not_shown(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    refused = send(person, "/signup/phone-code", {}, code="123456")
    assert (refused.status, refused.field("code")) == (403, "123456")
    person.http.headers["sec-fetch-site"] = "same-origin"
    person.give_phone_code(phone)
    person.give_email(email := new_email())
    person.give_email_code(email)
    refused = send(person, "/signup/password", {}, password="seven otters paint slowly")
    assert (refused.status, refused.heading) == (403, "Choose a password")
    assert "seven otters" not in refused.html


def test_a_token_serves_every_form_of_a_sign_up_and_many_times(product: Product) -> None:
    person, phone = Person(product), new_phone()
    token = token_in(person.get("/signup/phone"))
    for _ in range(2):
        sent = send(person, "/signup/phone", OWN[0], phone=phone, csrf_token=token)
        assert sent.location == "/signup/phone-code"
    assert token_in(person.get("/signup/phone-code")) != token
    again = send(person, "/signup/phone-code/resend", OWN[0], csrf_token=token)
    assert again.location == "/signup/phone-code"


def test_all_forms_of_a_page_have_one_token_and_no_other_page_has_it(product: Product) -> None:
    person = Person(product)
    person.give_phone(new_phone())
    pages = [person.get("/signup/phone-code") for _ in range(2)]
    one, other = (re.findall(r'name="csrf_token" value="([^"]+)"', page.html) for page in pages)
    assert len(one) == len(other) == 3
    assert (len({*one}), len({*one, *other})) == (1, 2)


def test_tokens_of_a_retired_key_still_count() -> None:
    before, after = Csrf((OLD,), ORIGIN), Csrf((NEW, OLD), ORIGIN)
    assert after.accepts(before.issue_token("flow"), "flow")
    assert not before.accepts(after.issue_token("flow"), "flow")
    assert not after.accepts(before.issue_token("flow"), "another flow")


def test_no_two_tokens_are_alike() -> None:
    csrf = Csrf((NEW,), ORIGIN)
    tokens = {csrf.issue_token("flow") for _ in range(100)}
    assert len(tokens) == 100
    assert all(csrf.accepts(token, "flow") for token in tokens)
