"""An account whose number was released: it keeps everything else, and can get a number again."""

import json

import pytest

from tests.commands.running import typed
from tests.crowd import sql
from tests.dormant import UNUSED, prove_number, release, released
from tests.federated import Federated
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.owner import spoken, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password, sign_in

NUMBER = "SELECT phone FROM users WHERE email = $1"
GONE = "The phone number that was added recently no longer opens your account."


@pytest.fixture
def owner(product: Product) -> Holder:
    return released(product)


@pytest.fixture
def inside(owner: Holder) -> Person:
    """The owner, who has signed in with the password and confirmed it."""
    person = owner.elsewhere()
    assert confirm_by_code(person, owner.email).path == "/account"
    return person


def add_number(person: Person, phone: str) -> None:
    person.submit("/account/phone", phone=phone)
    added = person.submit("/account/phone-code", code=person.product.code_for(phone))
    assert (added.path, "Number added." in added.html) == ("/account", True)


def number_of(owner: Holder | Federated, email: str = "") -> str | None:
    number: str | None = sql(owner.product, NUMBER, email or owner.email)[0]["phone"]
    return number


def test_the_password_opens_it_and_its_page_offers_a_number(owner: Holder) -> None:
    page = owner.elsewhere().get("/account")
    assert 'Add<span class="unseen"> a phone number' in page.html
    assert spoken(owner.phone) not in page.html


def test_a_code_to_the_address_confirms_what_the_password_opened(owner: Holder) -> None:
    person = owner.elsewhere()
    page = person.get("/account/confirm")
    assert "E-mail me a code" in page.html
    assert "I no longer have that phone" not in page.html
    assert person.get("/account/confirm?without-phone").location == "/account/confirm"
    assert confirm_by_code(person, owner.email).path == "/account"


def test_a_number_that_is_proved_opens_it(owner: Holder, inside: Person) -> None:
    page = inside.get("/account/phone")
    assert (page.status, page.heading) == (200, "Add a phone number")
    add_number(inside, phone := new_phone())
    assert owner.told("A phone number was added")
    person = Person(owner.product)
    person.submit("/login/phone", phone=phone)
    code = owner.product.code_for(phone, 1)
    assert person.submit("/login/phone-code", code=code).path == "/account"


def test_the_number_of_someone_else_is_refused(owner: Holder, inside: Person) -> None:
    other = Holder(owner.product)
    had = len(owner.product.codes_for(other.phone))
    inside.submit("/account/phone", phone=other.phone)
    code = owner.product.code_for(other.phone, had)
    assert inside.submit("/account/phone-code", code=code).status == 409
    assert number_of(owner) is None


def test_its_download_has_no_number(owner: Holder, inside: Person) -> None:
    held = json.loads(inside.get("/account/data").html)
    assert (held["account"][0]["phone"], held["account"][0]["email"]) == (None, owner.email)
    assert "account:phone_released" in [event["event"] for event in held["events"]]


def test_its_password_can_be_changed(owner: Holder, inside: Person) -> None:
    assert inside.submit("/account/password", password=NEW_PASSWORD).path == "/account"
    assert sign_in(owner.product, owner.email, NEW_PASSWORD).path == "/account"


def test_its_address_can_be_changed_and_that_undone(owner: Holder, inside: Person) -> None:
    inside.submit("/account/email", email=(new := new_email()))
    inside.submit("/account/email-code", code=owner.product.code_for(new))
    link = undo_path(owner.product, owner.email)
    page = Person(owner.product).submit(link)
    assert "Text me a code" not in page.html
    assert undo(Person(owner.product), link).heading == "The change was undone"
    assert number_of(owner) is None


def test_undoing_another_change_takes_a_new_number_off(owner: Holder, inside: Person) -> None:
    add_number(inside, phone := new_phone())
    inside.submit("/account/email", email=(new := new_email()))
    inside.submit("/account/email-code", code=owner.product.code_for(new))
    done = undo(Person(owner.product), undo_path(owner.product, owner.email))
    assert (done.heading, GONE in done.html) == ("The change was undone", True)
    assert number_of(owner) is None
    assert prove_number(owner)[1].path == "/signup/email"
    assert owner.product.messages(phone)[0].body.find("was undone") > 0


def test_undoing_a_change_of_the_new_number_takes_it_off(owner: Holder, inside: Person) -> None:
    add_number(inside, new_phone())
    inside.submit("/account/phone", phone=(second := new_phone()))
    inside.submit("/account/phone-code", code=owner.product.code_for(second))
    link = undo_path(owner.product, owner.email)
    assert "had none before" in Person(owner.product).get(link).html
    done = undo(Person(owner.product), link)
    assert "The number is off your account" in done.html
    assert "phone number that was added is gone" in owner.told("was undone").body
    assert number_of(owner) is None


def test_it_is_recovered_by_mail(owner: Holder) -> None:
    person = at_password(owner.product, owner.email)
    person.submit("/recovery/password", password=NEW_PASSWORD)
    assert sign_in(owner.product, owner.email, NEW_PASSWORD).path == "/account"


def test_recovery_takes_a_new_number_off(owner: Holder, inside: Person) -> None:
    add_number(inside, new_phone())
    person = at_password(owner.product, owner.email)
    landed = person.submit("/recovery/password", password=NEW_PASSWORD)
    assert GONE in landed.html
    assert number_of(owner) is None


def test_it_is_deleted(owner: Holder, inside: Person) -> None:
    inside.submit("/account/deletion")
    assert owner.told("Someone signed in to your account deleted it")
    assert sign_in(owner.product, owner.email, PASSWORD).status == 422


def test_an_operator_unlocks_it(owner: Holder) -> None:
    sign_in(owner.product, owner.email, "not the right one")
    told = typed(
        "person", "unlock", owner.email, "--yes", DATABASE_URL=owner.product.env["DATABASE_URL"]
    )
    assert (told.exit_code, told.output.partition(" ")[0]) == (0, "Unlocked:")


def test_one_without_a_password_is_opened_and_confirmed_otherwise(product: Product) -> None:
    owner = Federated(product)
    owner.sign_up_with_auth0()
    sql(product, UNUSED, owner.email, 91)
    release(prove_number(owner)[0])
    back = Federated(product, owner.email)
    assert back.come_with_auth0("login").path == "/account"
    assert confirm_by_code(back, owner.email).path == "/account"
    add_number(back, phone := new_phone())
    assert number_of(owner) == phone
