"""The fresh proof is of another kind than the one that opened the session. One factor, stolen or
bought, opens an account and changes nothing of it.
"""

import pytest

from tests.crowd import sql
from tests.federated import Federated, identities_of
from tests.holder import PASSWORD, Holder, confirm_by_code
from tests.owner import contacts
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

HERE = "/account/confirm"
NOT_THIS_WAY = "That doesn’t count here"
# As a server of the version before leaves it.
OLDER = (
    "UPDATE sessions SET opened_amr = NULL WHERE user_id = (SELECT id FROM users WHERE phone=$1)"
)
CHANGES = ("data", "password", "email", "phone", "deletion", "identity")


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


def attempt(person: Person, change: str) -> Seen:
    """Without any further proof."""
    person.get("/account")
    match change:
        case "data":
            return person.get("/account/data")
        case "password":
            return person.post("/account/password", password="nine loud herons dance")
        case "email":
            return person.post("/account/email", email=new_email())
        case "phone":
            return person.post("/account/phone", phone=new_phone())
        case "deletion":
            return person.post("/account/deletion")
    return person.post("/auth0/start?for=link")


def asks(seen: Seen) -> bool:
    """For a proof, and nothing was done."""
    by_itself = seen.status == 422 and seen.heading == "Delete your account"
    return by_itself or (seen.status == 303 and seen.location.startswith(HERE))


@pytest.mark.parametrize("change", CHANGES)
def test_a_number_that_was_taken_over_changes_nothing(owner: Holder, change: str) -> None:
    thief = owner.by_phone()
    assert asks(attempt(thief, change))
    assert confirm_is_mailed(thief, owner)
    assert asks(attempt(thief, change)), "nor by another code to the phone"
    assert contacts(owner.product, owner.phone) == [(owner.phone, owner.email)]
    assert identities_of(owner.product, owner.email) == []


def confirm_is_mailed(thief: Person, owner: Holder) -> bool:
    """Whether the code they ask for goes to the mailbox alone, and no code of the phone does."""
    had = len(owner.product.codes_for(owner.phone))
    thief.get(HERE)
    thief.post(f"{HERE}/code")
    owner.product.code_for(owner.email, 1)
    refused = thief.submit(HERE, code=owner.product.code_for(owner.phone))
    return refused.status == 422 and len(owner.product.codes_for(owner.phone)) == had


@pytest.mark.parametrize("change", CHANGES)
def test_a_password_that_was_guessed_changes_nothing(owner: Holder, change: str) -> None:
    thief = owner.elsewhere()
    assert asks(attempt(thief, change))
    refused = thief.submit(HERE, password=PASSWORD)
    assert (refused.status, NOT_THIS_WAY in refused.alert) == (422, True)
    assert asks(attempt(thief, change))
    refused = thief.submit("/account/deletion", password=PASSWORD)
    assert refused.status == 422
    assert contacts(owner.product, owner.phone) == [(owner.phone, owner.email)]


def test_by_phone_the_password_or_a_code_by_mail_confirms(owner: Holder) -> None:
    one, other = owner.by_phone(), owner.by_phone()
    page = one.get(HERE)
    assert "You signed in with a code to your phone, so we ask for something else." in page.html
    assert one.submit(HERE, password=PASSWORD).path == "/account"
    assert confirm_by_code(other, owner.email).path == "/account"
    for person in (one, other):
        assert person.get("/account/data").status == 200


def test_by_password_a_code_to_the_phone_confirms(owner: Holder) -> None:
    person = owner.elsewhere()
    page = person.get(HERE)
    assert "You signed in with your password, so we ask for something else." in page.html
    assert 'name="password"' not in page.html
    assert confirm_by_code(person, owner.phone).path == "/account"
    assert person.get("/account/data").status == 200


def test_without_a_password_only_the_mailbox_confirms_a_number(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    person = Person(product)
    person.submit("/login/phone", phone=zoe.phone)
    person.submit("/login/phone-code", code=product.code_for(zoe.phone, 1))
    assert 'name="password"' not in person.get(HERE).html
    assert person.submit(HERE, password=PASSWORD).status == 422
    assert confirm_by_code(person, zoe.email).path == "/account"


def test_what_was_proved_since_does_not_change_what_opened_it(owner: Holder) -> None:
    thief = owner.by_phone()
    thief.submit(HERE, password=PASSWORD)
    owner.let_proof_age()
    assert asks(attempt(thief, "data"))
    assert confirm_is_mailed(thief, owner)


def test_a_sign_up_counts_for_ten_minutes_and_then_each_kind_does(owner: Holder) -> None:
    assert owner.get("/account/data").status == 200
    owner.let_proof_age()
    assert asks(attempt(owner, "data"))
    assert "You signed in with" not in owner.get(HERE).html
    assert confirm_by_code(owner, owner.phone).path == "/account"
    owner.let_proof_age()
    assert owner.submit(HERE, password=PASSWORD).path == "/account"


def test_a_sign_in_counts_for_its_own_kind_only(owner: Holder) -> None:
    for person in (owner.by_phone(), owner.elsewhere()):
        assert person.get("/account/data").location == f"{HERE}?return_to=/account/data"


def test_a_session_older_than_this_is_asked_for_another_than_its_last_proof(owner: Holder) -> None:
    person = owner.elsewhere()
    sql(owner.product, OLDER, owner.phone)
    assert NOT_THIS_WAY in person.submit(HERE, password=PASSWORD).alert
    assert confirm_by_code(person, owner.phone).path == "/account"
    owner.let_proof_age()
    assert NOT_THIS_WAY in person.submit(HERE, password=PASSWORD).alert


def test_the_mail_names_what_the_code_is_for(owner: Holder) -> None:
    person = owner.by_phone()
    person.get(HERE)
    sent = person.get(person.post(f"{HERE}/code").location)
    assert "We e-mailed you a code." in sent.html
    letter = owner.told("confirm a change to your account")
    assert "someone is signed in to your account" in letter.body


def test_the_page_of_the_mailed_code_is_one_like_any_other(owner: Holder) -> None:
    person = owner.by_phone()
    person.get(HERE)
    person.post(f"{HERE}/code")
    page = person.get(HERE)
    assert ("8-digit code" in page.html, "Send the e-mail again" in page.html) == (True, True)
    line = person.get(f"{HERE}/delivery", **{"hx-request": "true"})
    assert "e-mail" in line.html
    wrong = person.submit(HERE, code="00000000")
    assert (wrong.status, "isn’t the code we sent" in wrong.alert) == (422, True)


def test_a_password_that_was_never_chosen_is_not_said_to_have_opened_it(product: Product) -> None:
    person = Federated(product)
    person.sign_up_with_auth0()
    person.get("/account/confirm")
    refused = person.post("/account/confirm", password="whatever it is")
    assert (refused.status, "That doesn’t count here." in refused.alert) == (422, True)
    assert "you signed in with it" not in refused.alert
