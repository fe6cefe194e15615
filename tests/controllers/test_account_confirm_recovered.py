"""A password that was set with a code by e-mail is no more than such a code beside Auth0: one
mailbox may be behind both, until another is chosen with the phone.
"""

from collections.abc import Callable

import pytest

from tests.crowd import sql
from tests.dormant import UNUSED, prove_number, release
from tests.federated import Federated
from tests.holder import confirm_by_code
from tests.person import Person, Seen
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

HERE = "/account/confirm"
BUTTON = "Confirm with single sign-on"
FAILED = "/auth0/failed/not-this-way"
WITHOUT_PHONE = f"{HERE}?without-phone"
A_DAY_LATER = """
UPDATE confirmation_requests SET due_at = clock_timestamp()
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
THIRD_PASSWORD = "eleven green birds swim"
AGAIN = "once you’ve confirmed with your phone and chosen a new"
A_WEEK_LATER = """
UPDATE users SET password_reset_at = password_reset_at - interval '7 days' WHERE email = $1
"""


def recovered(owner: Federated) -> Federated:
    person = at_password(owner.product, owner.email)
    person.submit("/recovery/password", password=NEW_PASSWORD)
    return owner


@pytest.fixture
def owner(product: Product) -> Federated:
    """Someone with Auth0 and a phone, whose mailbox has just set a password."""
    person = Federated(product)
    assert person.sign_up_with_auth0().path == "/signup/done"
    return recovered(person)


@pytest.fixture
def numberless(product: Product) -> Federated:
    """The same, but without a phone."""
    person = Federated(product)
    person.sign_up_with_auth0()
    sql(product, UNUSED, person.email, 91)
    release(prove_number(person)[0])
    return recovered(person)


def by_auth0(owner: Federated) -> Federated:
    other = Federated(owner.product, owner.email)
    assert other.come_with_auth0("login").path == "/account"
    return other


def by_password(owner: Federated, password: str = NEW_PASSWORD) -> Federated:
    other = Federated(owner.product, owner.email)
    signed_in = other.submit("/login/password", email=owner.email, password=password)
    assert signed_in.path == "/account"
    return other


def a_week_later(owner: Federated) -> None:
    sql(owner.product, A_WEEK_LATER, owner.email)


def is_confirmed(person: Person) -> bool:
    return person.get("/account/data").status == 200


def says_from_when(seen: Seen) -> bool:
    return "in 7 days" in seen.html


def test_it_does_not_confirm_what_auth0_opened(owner: Federated) -> None:
    person = by_auth0(owner)
    page = person.get(HERE)
    assert ('name="password"' in page.html, AGAIN in page.html) == (False, True)
    refused = person.submit(HERE, password=NEW_PASSWORD)
    assert (refused.status, AGAIN in refused.alert) == (422, True)
    assert "You set this password with a code by e-mail" in refused.alert
    assert not is_confirmed(person)
    assert person.submit("/account/deletion", password=NEW_PASSWORD).status == 422


def test_a_code_to_the_phone_does(owner: Federated) -> None:
    person = by_auth0(owner)
    assert confirm_by_code(person, owner.phone).path == "/account"
    assert is_confirmed(person)


def test_nor_a_week_later(owner: Federated) -> None:
    a_week_later(owner)
    person = by_auth0(owner)
    assert person.submit(HERE, password=NEW_PASSWORD).status == 422
    assert not is_confirmed(person)


def test_who_has_lost_the_phone_signs_in_with_the_password(owner: Federated) -> None:
    assert "No longer have that phone? Sign in with your password" in by_auth0(owner).get(HERE).html
    a_week_later(owner)
    assert confirm_without_phone(by_password(owner), owner, NEW_PASSWORD).path == "/account"


def test_auth0_does_not_confirm_what_it_opened(owner: Federated) -> None:
    person = by_password(owner)
    page = person.get(HERE)
    assert (BUTTON in page.html, AGAIN in page.html) == (False, True)
    refused = person.get(person.post("/auth0/start?for=confirm").location)
    assert (refused.status, refused.path) == (422, "/auth0/failed/not-this-way")
    assert confirm_by_code(person, owner.phone).path == "/account"


def test_nor_does_auth0_a_week_later(owner: Federated) -> None:
    a_week_later(owner)
    person = by_password(owner)
    assert BUTTON not in person.get(HERE).html
    assert person.post("/auth0/start?for=confirm").location.startswith(FAILED)
    assert not is_confirmed(person)


def test_it_does_once_another_password_is_chosen_with_the_phone(owner: Federated) -> None:
    browser = by_password(owner)
    confirm_by_code(browser, owner.phone)
    browser.submit("/account/password", password=THIRD_PASSWORD)
    person = by_password(owner, THIRD_PASSWORD)
    assert person.come_with_auth0("confirm", email=owner.email).path == "/account"
    assert is_confirmed(person)
    other = by_auth0(owner)
    assert other.submit(HERE, password=THIRD_PASSWORD).path == "/account"


def test_not_where_that_was_chosen_without_the_phone(owner: Federated) -> None:
    a_week_later(owner)
    browser = by_password(owner)
    confirm_without_phone(browser, owner, NEW_PASSWORD)
    sql(owner.product, A_DAY_LATER, owner.email)
    confirm_without_phone(browser, owner, NEW_PASSWORD)
    assert is_confirmed(browser)
    changed = browser.submit("/account/password", password=THIRD_PASSWORD)
    assert "Password changed." in changed.html
    assert by_password(owner, THIRD_PASSWORD).get(HERE).html.count(BUTTON) == 0
    assert by_auth0(owner).submit(HERE, password=THIRD_PASSWORD).status == 422


def confirm_without_phone(person: Federated, owner: Federated, password: str) -> Seen:
    """Both proofs; where that leads."""
    had = len(owner.product.codes_for(owner.email))
    person.get(person.get("/account/data").location)
    person.submit(WITHOUT_PHONE, password=password)
    return person.submit(WITHOUT_PHONE, code=owner.product.code_for(owner.email, had))


def test_it_confirms_what_a_code_to_the_phone_opened(owner: Federated) -> None:
    person = Person(owner.product)
    person.submit("/login/phone", phone=owner.phone)
    person.submit("/login/phone-code", code=owner.product.code_for(owner.phone, 1))
    assert person.submit(HERE, password=NEW_PASSWORD).path == "/account"
    assert is_confirmed(person)


@pytest.mark.parametrize("sign_in", [by_password, by_auth0])
def test_without_a_phone_nothing_counts_for_a_week(
    numberless: Federated, sign_in: Callable[[Federated], Federated]
) -> None:
    person = sign_in(numberless)
    page = person.get(HERE)
    assert ("E-mail me a" in page.html, BUTTON in page.html) == (False, False)
    assert says_from_when(page)
    assert person.post(f"{HERE}/code").status == 422
    assert person.submit(HERE, password=NEW_PASSWORD).status == 422
    assert person.post("/auth0/start?for=confirm").status == 422
    assert not is_confirmed(person)


def test_without_a_phone_it_counts_a_week_later(numberless: Federated) -> None:
    person = by_password(numberless)
    a_week_later(numberless)
    assert confirm_by_code(person, numberless.email).path == "/account"
    assert is_confirmed(person)


def test_nor_is_anything_else_left_then_to_who_came_with_auth0(numberless: Federated) -> None:
    a_week_later(numberless)
    person = by_auth0(numberless)
    assert person.submit(HERE, password=NEW_PASSWORD).path == "/account"
    assert is_confirmed(person)
