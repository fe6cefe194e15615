"""Who has the number of an account that was not used for 90 days starts a new account with it."""

import pytest

from tests.crowd import answers, at_once, post_at_once, sql
from tests.dormant import dormant, mailed, prove_number, release
from tests.federated import Federated
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.person import Person, new_email
from tests.product import Product

NUMBER = "SELECT phone FROM users WHERE email = $1"
EVENTS = """
SELECT count(*) FROM audit_events e JOIN users u ON u.id = e.user_id
WHERE u.email = $1 AND event = 'account:phone_released' AND e.flow_id IS NOT NULL
"""
PROVED_LONG_AGO = """
UPDATE phone_verifications SET consumed_at = clock_timestamp() - interval '31 minutes'
WHERE phone = $1 AND consumed_at IS NOT NULL AND user_id IS NULL
"""
USED = "UPDATE users SET last_used_at = clock_timestamp() WHERE email = $1"


@pytest.fixture
def owner(product: Product) -> Holder:
    return dormant(product)


def number_of(owner: Holder) -> str | None:
    number: str | None = sql(owner.product, NUMBER, owner.email)[0]["phone"]
    return number


@pytest.mark.parametrize("entry_point", ["login", "signup"])
def test_a_new_account_is_made_with_the_number(owner: Holder, entry_point: str) -> None:
    person, asked = prove_number(owner, entry_point)
    assert "Start a new account" in asked.html
    seen = release(person)
    assert (seen.status, seen.path) == (200, "/signup/email")
    assert number_of(owner) is None
    email = new_email()
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == "/signup/done"
    assert sql(owner.product, NUMBER, email)[0]["phone"] == owner.phone
    assert prove_number(owner)[1].path == "/account"


def test_its_owner_is_told_and_it_is_recorded(owner: Holder) -> None:
    release(prove_number(owner)[0])
    told = owner.told("was taken off your account")
    assert "numbers change hands" in told.body
    assert sql(owner.product, EVENTS, owner.email)[0]["count"] == 1


def test_it_is_refused_to_who_did_not_prove_the_number(owner: Holder) -> None:
    prove_number(owner)
    stranger = Person(owner.product)
    stranger.get("/login/phone")
    assert stranger.post("/login/release").location == "/login/phone"
    stranger.submit("/login/phone", phone=owner.phone)
    assert stranger.post("/login/release").location == "/login/phone-code"
    assert number_of(owner) == owner.phone


def test_it_needs_the_token_of_the_form(owner: Holder) -> None:
    person, _ = prove_number(owner)
    assert person.post("/login/release", csrf_token="another").status == 403
    assert number_of(owner) == owner.phone


def test_an_account_that_is_used_meanwhile_keeps_its_number(owner: Holder) -> None:
    person, _ = prove_number(owner)
    sql(owner.product, USED, owner.email)
    refused = release(person)
    assert (refused.status, refused.path) == (409, "/login/release")
    assert "it keeps its number" in refused.alert
    assert number_of(owner) == owner.phone
    assert person.submit("/login/email-code", code=mailed(owner)).path == "/account"


def test_a_proof_of_long_ago_is_asked_for_again(owner: Holder) -> None:
    person, _ = prove_number(owner)
    sql(owner.product, PROVED_LONG_AGO, owner.phone)
    assert release(person).path == "/login/phone"
    assert number_of(owner) == owner.phone


def test_twice_is_the_same_as_once(owner: Holder) -> None:
    person, _ = prove_number(owner)
    counts = answers(post_at_once(person, "/login/release", 5))
    assert counts == {"303 /signup/email": 5}
    assert person.post("/login/release").location == "/signup/email"
    assert person.get("/login/release").location == "/login/email-code"
    assert person.get("/login/email-code").location == "/signup/email"
    assert sql(owner.product, EVENTS, owner.email)[0]["count"] == 1


def test_the_code_that_was_mailed_opens_nothing_afterwards(owner: Holder) -> None:
    had = len(owner.product.codes_for(owner.email))
    person, _ = prove_number(owner)
    other, _ = prove_number(owner)
    code = owner.product.code_for(owner.email, had + 1)  # that of the other one
    release(person)
    other.get("/login/email-code")
    assert other.post("/login/email-code", code=code).status == 303
    assert other.get("/account").location.startswith("/login")


def test_an_identity_that_waits_goes_on_with_it(owner: Holder, product: Product) -> None:
    person = Federated(product)
    person.come_with_auth0()
    assert person.prove_phone(owner.phone).path == "/login/email-code"
    assert release(person).path == "/account"
    assert person.email in person.get("/account").html
    assert number_of(owner) is None


def test_the_owner_takes_a_free_number_back_by_proving_it(owner: Holder) -> None:
    person, _ = prove_number(owner)
    release(person)
    back = owner.elsewhere()
    assert confirm_by_code(back, owner.email).path == "/account"
    had = len(owner.product.codes_for(owner.phone))
    back.submit("/account/phone", phone=owner.phone)
    code = owner.product.code_for(owner.phone, had)
    assert back.submit("/account/phone-code", code=code).path == "/account"
    assert number_of(owner) == owner.phone
    email = new_email()
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == "/signup/phone"


def test_either_the_owner_signs_in_first_or_the_number_goes(owner: Holder) -> None:
    person, _ = prove_number(owner)
    back = Person(owner.product)
    back.get("/login/password")
    sign_in = {"csrf_token": back.token(), "email": owner.email, "password": PASSWORD}
    released, opened = at_once(
        [
            (person, "/login/release", {"csrf_token": person.token()}),
            (back, "/login/password", sign_in),
        ]
    )
    assert (opened.status_code, opened.headers["location"]) == (303, "/account")
    number = {303: None, 409: owner.phone}[released.status_code]
    assert number_of(owner) == number
