"""People do not only go forward in a recovery: double posts, another address, a form of log-in."""

import pytest

from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_code, at_password, mails, recovery_code, sign_in

HTMX = {"hx-request": "true"}
OTHER = "eight quiet herons paddle"


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


def test_the_same_form_again_is_answered_alike(product: Product, owner: Holder) -> None:
    person = at_password(product, owner.email)
    first = person.post("/recovery/password", password=NEW_PASSWORD)
    person.get("/login/password")
    again = person.post("/recovery/password", password=NEW_PASSWORD)
    assert (first.status, first.location) == (again.status, again.location)
    assert "Password changed." in person.get(again.location).html
    assert len(mails(product, owner.email, "password was changed", 1)) == 1


def test_a_proof_changes_one_password(product: Product, owner: Holder) -> None:
    person = at_password(product, owner.email)
    person.submit("/recovery/password", password=NEW_PASSWORD)
    assert person.get("/recovery/password").location == "/recovery/email"
    late = person.post("/recovery/password", password=OTHER)
    assert (late.status, late.location) == (303, "/login/password")
    assert "changed in another tab" in person.get(late.location).html
    assert sign_in(product, owner.email, OTHER).status == 422
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"


def test_a_new_password_ends_every_other_recovery(product: Product, owner: Holder) -> None:
    """Someone who once saw the mailbox does not change the password after its owner."""
    proved, waiting = at_password(product, owner.email), at_code(product, owner.email)
    code = recovery_code(product, owner.email, 2)
    mine = at_password(product, owner.email, 3)
    mine.submit("/recovery/password", password=NEW_PASSWORD)
    assert proved.post("/recovery/password", password=OTHER).location == "/recovery/email"
    assert waiting.post("/recovery/email-code", code=code).location == "/recovery/email"
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"
    at_password(product, owner.email, 4).submit("/recovery/password", password=OTHER)
    assert sign_in(product, owner.email, OTHER).path == "/account"


def test_so_does_one_that_is_chosen_in_the_account(product: Product, owner: Holder) -> None:
    proved = at_password(product, owner.email)
    assert owner.submit("/account/password", password=NEW_PASSWORD).path == "/account"
    assert proved.post("/recovery/password", password=OTHER).location == "/recovery/email"
    assert sign_in(product, owner.email, NEW_PASSWORD).path == "/account"


def test_a_used_proof_is_no_place_to_try_passwords(product: Product, owner: Holder) -> None:
    person = at_password(product, owner.email)
    person.submit("/recovery/password", password=NEW_PASSWORD)
    for n in range(5):
        person.post("/recovery/password", password=f"{OTHER} {n}")
    person.post("/recovery/password", password=NEW_PASSWORD)
    assert "changed in another tab" in person.get("/login/password").html
    assert sign_in(product, owner.email, NEW_PASSWORD).status == 429


def test_another_address_ends_the_code_of_the_first(product: Product, owner: Holder) -> None:
    person = at_code(product, new_email())
    page = person.get("/recovery/email?change")
    assert page.field("email").startswith("person")
    person.post("/recovery/email?change", email=owner.email)
    assert owner.email in person.get("/recovery/email-code").html


def test_a_proved_address_can_be_changed_and_counts_no_more(
    product: Product, owner: Holder
) -> None:
    person = at_password(product, owner.email)
    assert person.get("/recovery/email?change").field("email") == owner.email
    person.post("/recovery/email?change", email=new_email())
    assert person.get("/recovery/password").location == "/recovery/email-code"


def test_a_mistyped_address_is_asked_about(product: Product) -> None:
    person, name = Person(product), new_phone()[1:]
    person.get("/recovery/email")
    asked = person.post("/recovery/email", email=f"{name}@gmial.com")
    assert (asked.status, f"{name}@gmail.com" in asked.html) == (422, True)
    assert person.post("/recovery/email", email=f"{name}@gmial.com", keep="yes").status == 303


@pytest.mark.parametrize("typed", ["", "no address", "a@b", "a@example.org\r\nBcc: b@example.org"])
def test_what_is_no_address_is_refused_beside_the_field(product: Product, typed: str) -> None:
    person = Person(product)
    person.get("/recovery/email")
    refused = person.post("/recovery/email", email=typed)
    assert (refused.status, 'id="email-error"' in refused.html) == (422, True)


def test_the_log_in_page_leads_here(product: Product) -> None:
    page = Person(product).get("/login/password")
    assert '<a href="/recovery/email">Forgot your password?</a>' in page.html


def test_the_address_typed_there_is_carried_over_by_a_form(product: Product, owner: Holder) -> None:
    person = Person(product)
    refused = person.submit("/login/password", email=owner.email, password="not the right one")
    assert 'form="forgotten"' in refused.html
    assert "/recovery/email?" not in refused.html
    asked = person.post("/recovery/email", email=refused.field("email"))
    assert asked.location == "/recovery/email-code"
    mails(product, owner.email, "choose a new password", 1)


def test_it_is_carried_on_to_a_sign_up_and_back_to_the_sign_in(product: Product) -> None:
    person, typed = Person(product), new_email()
    person.submit("/login/password", email=typed, password="not the right one")
    led = person.post("/signup", email=typed)
    assert (led.location, person.get(led.location).heading) == (
        "/signup?instead",
        "Create an account",
    )
    person.give_phone(phone := new_phone())
    assert person.give_phone_code(phone).field("email") == typed
    for path in ("/login/password", "/recovery/email"):
        assert person.get(path).field("email") == typed


def test_the_address_that_was_recovered_is_there_at_the_sign_in(
    product: Product, owner: Holder
) -> None:
    person = at_password(product, owner.email)
    landed = person.submit("/recovery/password", password=NEW_PASSWORD)
    assert (landed.path, landed.field("email")) == ("/login/password", owner.email)


def test_htmx_gets_the_inside_of_each_page(product: Product, owner: Holder) -> None:
    person = at_code(product, owner.email)
    fragment = person.get("/recovery/email-code", **HTMX)
    assert fragment.html.startswith("<title>")
    line = person.get("/recovery/email-code/delivery", **HTMX)
    assert line.html.startswith('<div id="delivery"')
    assert person.get("/recovery/email-code/delivery").location == "/recovery/email-code"


@pytest.mark.parametrize("step", ["email", "email-code", "password"])
def test_a_form_without_its_token_does_nothing(product: Product, owner: Holder, step: str) -> None:
    come = {"email": lambda: Person(product), "email-code": lambda: at_code(product, owner.email)}
    person = come.get(step, lambda: at_password(product, owner.email))()
    person.get(f"/recovery/{step}")
    answer = person.http.post(f"/recovery/{step}", data={"password": NEW_PASSWORD})
    assert (answer.status_code, 'role="alert"' in answer.text) == (403, True)
    assert owner.is_in


def test_no_page_is_kept_or_tells_where_one_came_from(product: Product, owner: Holder) -> None:
    person = Person(product)
    pages = [person.get("/recovery/email")]
    person = at_password(product, owner.email)
    pages.append(person.get("/recovery/password"))
    for page in pages:
        assert page.response.headers["cache-control"] == "no-store"
        assert page.response.headers["referrer-policy"] == "same-origin"
