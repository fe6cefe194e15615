"""The name of a sign-up changes when its number is proved: who knew the old one is left out."""

import pytest

from tests.crowd import answers, post_at_once, sql, wrong, wrong_codes
from tests.person import Person, new_email, new_phone
from tests.product import Product

STALE = "You already did this in another tab. Here’s where you are now."
STEPS = ("phone", "email", "email-code", "password", "done")


def in_hand(product: Product, person: Person) -> Person:
    """Someone who has noted the person's cookies."""
    other = Person(product)
    other.http.cookies.update(person.http.cookies)
    return other


@pytest.fixture
def phone() -> str:
    return new_phone()


@pytest.fixture
def person(product: Product, phone: str) -> Person:
    """Waits for the code of `phone`."""
    person = Person(product)
    person.give_phone(phone)
    return person


def test_a_cookie_noted_before_leads_nowhere_after(
    product: Product, person: Person, phone: str
) -> None:
    thief = in_hand(product, person)
    person.give_phone_code(phone)
    person.give_email(email := new_email())
    person.give_email_code(email)
    for step in STEPS:
        seen = thief.get(f"/signup/{step}")
        assert (seen.status, seen.location) == (303, "/signup/phone-code")
    assert email not in thief.get("/signup/phone-code").html
    for form in ({"email": new_email()}, {"password": "seven otters paint slowly"}):
        seen = thief.post(f"/signup/{next(iter(form))}", **form)
        assert seen.location == "/signup/phone-code"
    assert person.give_password().heading == "Your account is ready"
    assert thief.get("/signup/done").location == "/signup/phone-code"
    assert "access" not in thief.http.cookies


def test_a_cookie_planted_before_is_renewed_too(product: Product) -> None:
    thief, phone = Person(product), new_phone()
    thief.get("/signup/phone")
    victim = in_hand(product, thief)
    victim.give_phone(phone)
    victim.give_phone_code(phone)
    assert victim.get("/signup/email").status == 200
    known = thief.http.cookies["flow"][2:]
    assert victim.http.cookies["flow"][2:] != known
    thief.http.cookies.clear()
    thief.http.cookies.set("flow", f"b.{known}")
    assert thief.get("/signup/email").location == "/signup/phone-code"


def test_what_was_begun_under_the_old_name_stays_apart(
    product: Product, person: Person, phone: str
) -> None:
    thief, own, email = in_hand(product, person), new_phone(), new_email()
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    thief.submit("/signup/phone?change", phone=own)
    assert thief.give_phone_code(own).path == "/signup/email"
    assert person.give_password().heading == "Your account is ready"
    assert sql(product, "SELECT phone FROM users WHERE email = $1", email) == [(phone,)]
    assert thief.get("/signup/password").location == "/signup/email"


@pytest.mark.parametrize("cookie", ["n.abc", "b." + "A" * 43, "n." + "0" * 32 + "A" * 11, "x.y"])
def test_a_cookie_that_we_did_not_issue_is_nobodys(product: Product, cookie: str) -> None:
    person = Person(product)
    person.http.cookies.set("flow", cookie)
    person.get("/signup/phone")
    assert person.http.cookies.get("flow", domain="127.0.0.1")[2:] != cookie[2:]


def test_the_code_entered_again_brings_the_answer_that_got_lost(
    product: Product, person: Person, phone: str
) -> None:
    late = in_hand(product, person)
    person.give_phone_code(phone)
    page = late.get("/signup/phone-code")
    assert (page.status, page.heading) == (200, "Enter the code from the text")
    refused = late.post("/signup/phone-code", code=wrong(product.code_for(phone)))
    assert (refused.status, "isn’t the code we sent" in refused.alert) == (422, True)
    assert late.give_phone_code(phone).path == "/signup/email"
    assert late.http.cookies["flow"] == person.http.cookies["flow"]
    assert len(product.messages(phone)) == 1


def test_another_code_asked_for_under_the_old_name_is_said_to_be_new(
    product: Product, person: Person, phone: str
) -> None:
    late = in_hand(product, person)
    person.give_phone_code(phone)
    late.get("/signup/phone-code")
    sent = late.post("/signup/phone-code/resend")
    assert (sent.status, sent.location) == (303, "/signup/phone-code")
    assert "We texted you a code." in late.get(sent.location).html
    assert len(product.messages(phone)) == 2
    assert late.give_phone_code(phone).path == "/signup/email"


def test_that_is_guessed_no_oftener_than_any_code(
    product: Product, person: Person, phone: str
) -> None:
    thief = in_hand(product, person)
    person.give_phone_code(phone)
    thief.get("/signup/phone-code")
    code = product.code_for(phone)
    guesses = [{"code": other} for other in wrong_codes(code, 20)]
    given = post_at_once(thief, "/signup/phone-code", 1, *guesses)
    assert sum("isn’t the code we sent" in answer.text for answer in given) == 4
    assert answers(given) == {"422": 4, "303 /signup/email": 16}
    assert thief.post("/signup/phone-code", code=code).location == "/signup/email"
    assert thief.get("/signup/email").location == "/signup/phone-code"


@pytest.mark.parametrize("ended", ["by starting again", "by another number"])
def test_a_renewed_sign_up_that_ended_is_not_led_to(
    product: Product, person: Person, phone: str, ended: str
) -> None:
    late = in_hand(product, person)
    person.give_phone_code(phone)
    if ended == "by starting again":
        person.post("/signup/restart")
    else:
        person.submit("/signup/phone?change", phone=(other := new_phone()))
        person.give_phone_code(other)
    assert late.get("/signup/phone-code").location == "/signup/phone"


def test_a_tab_left_open_is_led_to_where_the_sign_up_is(person: Person, phone: str) -> None:
    stale = person.get("/signup/phone-code")
    person.give_phone_code(phone)
    for path in ("/signup/phone-code", "/signup/phone-code/resend"):
        person.page = stale
        late = person.post(path, **({"code": "123456"} if path.endswith("code") else {}))
        assert (late.status, late.location) == (303, "/signup/email")
        assert STALE in person.get("/signup/email").html
