"""A new address for an account: proved first, told to the old one, and signed in with after."""

import pytest

from tests.crowd import nth_code
from tests.holder import PASSWORD, message
from tests.owner import Owner, contacts, events
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


def signed_in(product: Product, email: str, password: str = PASSWORD) -> Seen:
    return Person(product).submit("/login/password", email=email, password=password)


def test_the_new_address_takes_the_place_of_the_old_one(product: Product, owner: Owner) -> None:
    new = new_email()
    asked = owner.name("email", new)
    assert (asked.status, asked.path) == (200, "/account/email-code")
    assert signed_in(product, owner.email).path == "/account"
    seen = owner.prove("email", new)
    assert (seen.status, seen.path) == (200, "/account")
    assert "E-mail address changed." in seen.html
    assert contacts(product, owner.email, new) == [(owner.phone, new)]
    assert signed_in(product, new).path == "/account"
    assert signed_in(product, owner.email).status == 422


def test_the_old_address_and_the_phone_are_told_and_the_new_one_is_not(
    product: Product, owner: Owner
) -> None:
    owner.change("email", new := new_email())
    letter = message(product, owner.email, "Your e-mail address was changed")
    assert "/account/undo/" in letter.body
    text = message(product, owner.phone, "has a new e-mail address")
    assert (text.kind, "://" in text.body) == ("text", False)
    assert ["code" in str(m.subject) for m in product.messages(new)] == [True]
    assert events(product, "account:email_changed", owner.phone) == 1


def test_the_mail_says_what_its_code_is_for(product: Product, owner: Owner) -> None:
    owner.name("email", new := new_email())
    code = product.code_for(new)
    letter = message(product, new, code)
    assert len(code) == 8
    assert "confirm your new e-mail address" in " ".join(letter.body.split())
    assert "sign up" not in letter.body


def test_who_had_it_before_is_told_of_later_changes_too(product: Product, owner: Owner) -> None:
    """Else whoever took an account over would only have to change its address twice."""
    first, second = new_email(), new_email()
    owner.change("email", first)
    owner.change("email", second)
    for address, times in ((owner.email, 2), (first, 1), (second, 0)):
        message(product, owner.email, "Your e-mail address was changed")
        told = [m for m in product.messages(address) if "was changed" in str(m.subject)]
        assert len(told) == times, address


def test_a_pending_address_is_shown_sent_again_and_cancelled(
    product: Product, owner: Owner
) -> None:
    owner.name("email", new := new_email())
    page = owner.get("/account")
    assert "Your new e-mail address isn’t confirmed yet" in page.html
    assert new in page.html
    assert owner.post("/account/email-code/resend").location == "/account/email-code"
    assert nth_code(product, new, 1) == nth_code(product, new, 2)
    owner.get("/account")
    cancelled = owner.get(owner.post("/account/email/cancel").location)
    assert "Change cancelled." in cancelled.html
    assert owner.get("/account/email-code").location == "/account"
    assert contacts(product, owner.email, new) == [(owner.phone, owner.email)]


def test_a_likely_slip_is_asked_about_and_may_be_kept(product: Product, owner: Owner) -> None:
    typed = new_email().replace("example.org", "gmial.com")
    asked = owner.name("email", typed)
    assert asked.status == 422
    assert f"Did you mean {typed.replace('gmial', 'gmail')} ?" in asked.alert
    assert "Error" not in asked.title
    kept = owner.post("/account/email", email=typed, keep="yes")
    assert (kept.status, kept.location) == (303, "/account/email-code")
    assert owner.prove("email", typed).path == "/account"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter your e-mail address."),
        ("name at example.org", "An e-mail address has an @ in it"),
        ("OWN", "That’s your address already."),
    ],
)
def test_what_cannot_be_the_new_address_is_told(owner: Owner, typed: str, sentence: str) -> None:
    seen = owner.name("email", typed.replace("OWN", owner.email.upper()))
    assert (seen.status, seen.path) == (422, "/account/email")
    assert sentence in seen.alert


def test_someone_elses_address_is_told_once_it_is_proved(product: Product, owner: Owner) -> None:
    other = Owner(product)
    owner.name("email", other.email)
    seen = owner.submit("/account/email-code", code=nth_code(product, other.email, 2))
    assert (seen.status, seen.heading) == (409, "Change your e-mail address")
    assert "That address belongs to another account. Use another one." in seen.alert
    assert len(contacts(product, owner.email, other.email)) == 2
    assert owner.get("/account/email-code").location == "/account"


def test_a_sign_up_with_the_address_that_was_just_taken_names_another(
    product: Product, owner: Owner
) -> None:
    stranger, new = Person(product), new_email()
    stranger.give_phone(phone := new_phone())
    stranger.give_phone_code(phone)
    stranger.give_email(new)
    stranger.give_email_code(new)
    owner.name("email", new)
    owner.submit("/account/email-code", code=nth_code(product, new, 2))
    refused = stranger.give_password()
    assert refused.status == 409
    assert "That address already has an account." in refused.alert


def test_a_fresh_proof_is_asked_for(owner: Owner) -> None:
    owner.get("/account/email")
    owner.let_proof_age()
    confirm = "/account/confirm?return_to=/account/email"
    assert owner.get("/account/email").location == confirm
    assert owner.post("/account/email", email=new_email()).location == confirm


def test_wrong_passwords_of_strangers_do_not_lock_the_owner_out_at_the_new_address(
    product: Product, owner: Owner
) -> None:
    owner.change("email", new := new_email())
    owner.get("/account")
    owner.post("/logout")
    for _ in range(6):
        signed_in(product, new, "not the right one")
    assert signed_in(product, new).status == 429
    assert owner.submit("/login/password", email=new, password=PASSWORD).path == "/account"
