"""The steps of a recovery: one after the other, each with its own proof, and back again."""

import pytest

from tests.crowd import sql
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, ask, at_code, at_password, mails, recovery_code, sign_in

OLD_PROOF = """
UPDATE email_verifications SET consumed_at = consumed_at - interval '31 minutes' WHERE email = $1
"""
EXPIRE = """
UPDATE email_verifications SET expires_at = clock_timestamp() - interval '1 second'
WHERE email = $1 AND purpose = 'recovery'
"""
OVER = "Start again with your e-mail address. A code from us counts for 30 minutes."


@pytest.fixture(scope="module")
def owner(product: Product) -> Holder:
    return Holder(product)


@pytest.mark.parametrize("step", ["email-code", "email-code/resend", "password"])
def test_nobody_skips_a_step(product: Product, step: str) -> None:
    person = Person(product)
    led = person.get(f"/recovery/{step}")
    while led.location.startswith("/recovery/email-code"):
        led = person.get(led.location)
    assert (led.status, led.location) == (303, "/recovery/email")
    person.get("/recovery/email")
    led = person.post(f"/recovery/{step}")
    assert (led.status, led.location) == (303, "/recovery/email")


def test_each_step_leads_to_the_current_one(product: Product, owner: Holder) -> None:
    person = at_code(product, owner.email)
    for step in ("email", "password"):
        assert person.get(f"/recovery/{step}").location == "/recovery/email-code"
    person.get("/recovery/email-code")
    assert person.post("/recovery/password", password=NEW_PASSWORD).location.endswith("-code")
    person.submit("/recovery/email-code", code=recovery_code(product, owner.email))
    for step in ("email", "email-code"):
        assert person.get(f"/recovery/{step}").location == "/recovery/password"


def test_a_code_proves_nothing_in_another_browser(product: Product) -> None:
    email = new_email()
    Person(product).sign_up(new_phone(), email)
    at_code(product, email)
    other = at_code(product, email)
    mails(product, email, "choose a new password", 2)
    refused = other.submit("/recovery/email-code", code=recovery_code(product, email))
    assert (refused.status, refused.path) == (422, "/recovery/email-code")


def test_codes_of_sign_up_and_recovery_are_not_exchanged(product: Product) -> None:
    """In one browser, to one address, at one time."""
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    signup_code = product.code_for(email)
    ask(person, email)
    refused = person.submit("/recovery/email-code", code=signup_code)
    assert (refused.status, refused.path) == (422, "/recovery/email-code")
    assert person.submit("/signup/email-code", code=signup_code).path == "/signup/password"
    assert person.get("/recovery/password").location == "/recovery/email-code"


def test_a_recovery_code_is_no_code_of_a_sign_up(product: Product, owner: Holder) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(new_email())
    before = len(mails(product, owner.email, "choose a new password", 0))
    ask(person, owner.email)
    code = recovery_code(product, owner.email, before + 1)
    assert person.submit("/signup/email-code", code=code).status == 422
    assert person.submit("/recovery/email-code", code=code).path == "/recovery/password"


def test_a_proof_counts_for_half_an_hour(product: Product) -> None:
    email = new_email()
    Person(product).sign_up(new_phone(), email)
    person = at_password(product, email)
    sql(product, OLD_PROOF, email)
    over = person.post("/recovery/password", password=NEW_PASSWORD)
    assert over.location == "/recovery/email"
    assert OVER in person.get("/recovery/email").html
    assert sign_in(product, email, NEW_PASSWORD).status == 422


def test_an_expired_code_is_replaced_on_the_same_page(product: Product) -> None:
    email = new_email()
    Person(product).sign_up(new_phone(), email)
    person = at_code(product, email)
    old = recovery_code(product, email)
    sql(product, EXPIRE, email)
    refused = person.submit("/recovery/email-code", code=old)
    assert (refused.status, refused.heading) == (422, "That code has expired")
    sent = person.get(person.post("/recovery/email-code/resend").location)
    assert "We sent a new code." in sent.html
    landed = person.submit("/recovery/email-code", code=recovery_code(product, email, 2))
    assert landed.path == "/recovery/password"


def test_a_resend_brings_the_same_code(product: Product) -> None:
    email = new_email()
    Person(product).sign_up(new_phone(), email)
    person = at_code(product, email)
    assert person.post("/recovery/email-code/resend").status == 303
    assert "We sent the code again." in person.get("/recovery/email-code").html
    assert recovery_code(product, email, 2) == recovery_code(product, email)


def test_an_account_that_is_gone_leads_back_with_a_sentence(product: Product) -> None:
    owner = Holder(product)
    person = at_password(product, owner.email)
    sql(product, "DELETE FROM users WHERE email = $1", owner.email)
    landed = person.submit("/recovery/password", password=NEW_PASSWORD)
    assert (landed.status, landed.path) == (200, "/recovery/email")
    assert "There’s no account with that address any more." in landed.html
    assert person.get("/recovery/password").location == "/recovery/email"
