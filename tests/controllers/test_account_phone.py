"""A new number for an account: proved first, told to the old one, and signed in with after."""

import pytest

from tests.crowd import nth_code, sql, wrong_codes
from tests.holder import PASSWORD, message
from tests.owner import Owner, contacts, events, spoken
from tests.person import Person, new_email, new_phone
from tests.product import Product


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


def signs_in(product: Product, phone: str) -> str:
    """Where the code of that number leads to."""
    person = Person(product)
    sent = len(product.messages(phone))
    person.submit("/login/phone", phone=phone)
    return person.submit("/login/phone-code", code=nth_code(product, phone, sent + 1)).path


def test_the_new_number_takes_the_place_of_the_old_one(product: Product, owner: Owner) -> None:
    new = new_phone()
    asked = owner.name("phone", new)
    assert (asked.status, asked.path) == (200, "/account/phone-code")
    assert spoken(new) in asked.html
    seen = owner.prove("phone", new)
    assert (seen.status, seen.path) == (200, "/account")
    assert "Number changed." in seen.html
    assert contacts(product, owner.phone, new) == [(new, owner.email)]
    assert "Number changed" not in owner.get("/account").html


def test_the_old_number_works_until_the_new_one_is_proved(product: Product, owner: Owner) -> None:
    new = new_phone()
    owner.name("phone", new)
    assert signs_in(product, owner.phone) == "/account"
    owner.submit("/account/phone-code", code=nth_code(product, new, 1))
    assert signs_in(product, new) == "/account"
    assert signs_in(product, owner.phone) == "/signup/email"


def test_old_number_and_mailbox_are_told(product: Product, owner: Owner) -> None:
    owner.change("phone", new := new_phone())
    text = message(product, owner.phone, "has a new phone number")
    assert (text.kind, "://" in text.body) == ("text", False)
    letter = message(product, owner.email, "Your phone number was changed")
    assert "/account/undo/" in letter.body
    assert [m.kind for m in product.messages(new)] == ["text"]  # the code, and no more
    assert events(product, "account:phone_changed", new) == 1


def test_a_code_to_the_old_number_confirms_nothing_afterwards(
    product: Product, owner: Owner
) -> None:
    owner.get("/account/confirm")
    owner.post("/account/confirm/code")
    code = nth_code(product, owner.phone, 2)
    owner.change("phone", new_phone())
    seen = owner.submit("/account/confirm", code=code)
    assert (seen.status, "no longer works" in seen.alert) == (422, True)


def test_a_pending_number_is_shown_sent_again_and_cancelled(product: Product, owner: Owner) -> None:
    new = new_phone()
    owner.name("phone", new)
    page = owner.get("/account")
    assert "Your new number isn’t confirmed yet" in page.html
    assert spoken(new) in page.html
    again = owner.post("/account/phone-code/resend")
    assert (again.status, again.location) == (303, "/account/phone-code")
    assert nth_code(product, new, 1) == nth_code(product, new, 2)
    owner.get("/account")
    cancelled = owner.get(owner.post("/account/phone/cancel").location)
    assert "Change cancelled." in cancelled.html
    assert "not confirmed yet" not in cancelled.html
    assert owner.post("/account/phone/cancel").location == "/account"
    late = owner.get(owner.post("/account/phone-code", code=nth_code(product, new, 1)).location)
    assert "Nothing is waiting for a code" in late.html
    assert contacts(product, owner.phone, new) == [(owner.phone, owner.email)]


def test_another_number_ends_the_code_of_the_first(product: Product, owner: Owner) -> None:
    first, second = new_phone(), new_phone()
    owner.name("phone", first)
    assert spoken(first) in owner.get("/account/phone").html
    owner.name("phone", second)
    refused = owner.submit("/account/phone-code", code=nth_code(product, first, 1))
    assert refused.status == 422
    assert owner.prove("phone", second).path == "/account"


def test_wrong_codes_stay_and_lock(product: Product, owner: Owner) -> None:
    owner.name("phone", new := new_phone())
    code = nth_code(product, new, 1)
    for other in wrong_codes(code, 5):
        assert owner.submit("/account/phone-code", code=other).status == 422
    locked = owner.submit("/account/phone-code", code=code)
    assert (locked.status, locked.heading) == (422, "That code is locked")
    assert contacts(product, owner.phone) == [(owner.phone, owner.email)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter your mobile phone number."),
        ("+44 20 7946 0018", "That looks like a landline."),
        ("OWN", "That’s your number already."),
    ],
)
def test_what_cannot_be_the_new_number_is_told(owner: Owner, typed: str, sentence: str) -> None:
    seen = owner.name("phone", typed.replace("OWN", owner.phone))
    assert (seen.status, seen.path) == (422, "/account/phone")
    assert sentence in seen.alert


def test_someone_elses_number_is_told_once_it_is_proved(product: Product, owner: Owner) -> None:
    other = Owner(product)
    owner.name("phone", other.phone)
    code = nth_code(product, other.phone, 2)
    seen = owner.submit("/account/phone-code", code=code)
    assert (seen.status, seen.heading) == (409, "Change your number")
    assert "That number belongs to another account. Use another one." in seen.alert
    assert "not confirmed yet" not in owner.get("/account").html
    assert len(contacts(product, owner.phone, other.phone)) == 2
    assert owner.change("phone", new_phone()).path == "/account"


def test_a_sign_up_with_the_number_that_was_just_taken_begins_anew(
    product: Product, owner: Owner
) -> None:
    stranger, new = Person(product), new_phone()
    stranger.give_phone(new)
    stranger.give_phone_code(new)
    stranger.give_email(email := new_email())
    stranger.give_email_code(email)
    owner.name("phone", new)
    owner.submit("/account/phone-code", code=nth_code(product, new, 2))
    answer = stranger.post("/signup/password", password=PASSWORD)
    while answer.status == 303:
        answer = stranger.get(answer.location)
    assert (answer.status, answer.path) == (200, "/signup/phone")
    assert "Start again with your number." in answer.html
    assert contacts(product, new, email) == [(new, owner.email)]


def test_a_fresh_proof_is_asked_for_and_the_code_needs_none(product: Product, owner: Owner) -> None:
    new = new_phone()
    owner.name("phone", new)
    owner.let_proof_age()
    confirm = "/account/confirm?return_to=/account/phone"
    assert owner.get("/account/phone").location == confirm
    assert owner.post("/account/phone", phone=new_phone()).location == confirm
    owner.get(confirm)
    assert owner.submit("/account/confirm", password=PASSWORD).path == "/account/phone"
    owner.let_proof_age()
    assert owner.prove("phone", new).path == "/account"


def test_another_session_of_the_same_person_knows_nothing_of_it(
    product: Product, owner: Owner
) -> None:
    owner.name("phone", new_phone())
    elsewhere = Person(product)
    elsewhere.submit("/login/password", email=owner.email, password=PASSWORD)
    assert "not confirmed yet" not in elsewhere.get("/account").html
    assert elsewhere.get("/account/phone-code").location == "/account"


@pytest.mark.parametrize("path", ["phone", "phone-code", "phone-code/delivery", "email-code"])
def test_nobody_changes_anything_without_a_session(product: Product, path: str) -> None:
    assert Person(product).get(f"/account/{path}").location.startswith("/login?return_to=")


def test_the_line_of_delivery_comes_alone_to_htmx(owner: Owner) -> None:
    owner.name("phone", new_phone())
    line = owner.get("/account/phone-code/delivery", **{"hx-request": "true"})
    assert line.html.startswith('<div id="delivery"')
    assert owner.get("/account/phone-code/delivery").location == "/account/phone-code"
    assert owner.get("/account/phone-code/resend").location == "/account/phone-code"


def test_a_form_of_another_site_is_refused(owner: Owner) -> None:
    owner.get("/account/phone")
    owner.http.headers["sec-fetch-site"] = "cross-site"
    assert owner.post("/account/phone", phone=new_phone()).status == 403
    assert owner.post("/account/phone/cancel").status == 403
    assert owner.post("/account/phone-code", code="123456").status == 403


def test_no_log_or_audit_row_holds_the_number(product: Product, owner: Owner) -> None:
    owner.change("phone", new := new_phone())
    assert new not in product.log.read_text()
    kept = "SELECT 1 FROM audit_events a WHERE a::text LIKE '%' || $1 || '%'"
    assert sql(product, kept, new) == []
