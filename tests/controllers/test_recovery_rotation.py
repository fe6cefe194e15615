"""The name of a flow changes when a recovery proves its address: who knew it is left out."""

import pytest

from tests.crowd import wrong
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_code, recovery_code, sign_in

STALE = "You already did this in another tab. Here’s where you are now."


def in_hand(product: Product, person: Person) -> Person:
    """Someone who has noted the person's cookies."""
    other = Person(product)
    other.http.cookies.update(person.http.cookies)
    return other


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


@pytest.fixture
def person(product: Product, owner: Holder) -> Person:
    """Waits for the code."""
    return at_code(product, owner.email)


def test_the_code_entered_again_brings_the_answer_that_got_lost(
    product: Product, owner: Holder, person: Person
) -> None:
    late, code = in_hand(product, person), recovery_code(product, owner.email)
    person.submit("/recovery/email-code", code=code)
    page = late.get("/recovery/email-code")
    assert (page.status, page.heading) == (200, "Enter the code from the e-mail")
    refused = late.post("/recovery/email-code", code=wrong(code))
    assert (refused.status, "isn’t the code we sent" in refused.alert) == (422, True)
    assert late.submit("/recovery/email-code", code=code).path == "/recovery/password"
    assert late.http.cookies["flow"] == person.http.cookies["flow"]
    assert late.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"


@pytest.mark.parametrize("gone", [False, True], ids=["account", "no account"])
def test_once_it_is_over_the_old_name_tells_nothing(
    product: Product, owner: Holder, person: Person, gone: bool
) -> None:
    thief = in_hand(product, person)
    person.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    if gone:
        owner.submit("/account/deletion")
    person.submit("/recovery/password", password=NEW_PASSWORD)
    assert thief.get("/recovery/email-code").location == "/recovery/email"


def test_what_is_begun_under_the_old_name_stays_apart(product: Product, owner: Holder) -> None:
    person, other = at_code(product, owner.email), Holder(product)
    thief = in_hand(product, person)
    person.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    thief.submit("/recovery/email?change", email=other.email)
    code = recovery_code(product, other.email)
    assert thief.submit("/recovery/email-code", code=code).path == "/recovery/password"
    assert person.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"
    assert other.is_in


def test_a_sign_up_in_the_same_browser_goes_on(product: Product, owner: Holder) -> None:
    person, email = Person(product), new_email()
    person.give_phone(phone := new_phone())
    person.give_phone_code(phone)
    person.give_email(email)
    person.submit("/recovery/email", email=owner.email)
    before = in_hand(product, person)
    person.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    assert person.give_email_code(email).path == "/signup/password"
    assert before.get("/signup/email-code").location == "/signup/phone"
    assert person.give_password().heading == "Your account is ready"


def test_a_tab_left_open_is_led_to_where_the_recovery_is(
    product: Product, owner: Holder, person: Person
) -> None:
    stale = person.get("/recovery/email-code")
    person.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    for path in ("/recovery/email-code", "/recovery/email-code/resend"):
        person.page = stale
        late = person.post(path, **({"code": "12345678"} if path.endswith("code") else {}))
        assert (late.status, late.location) == (303, "/recovery/password")
        assert STALE in person.get("/recovery/password").html
