"""A new password, a recovery or an undo forgets the devices that an account was signed in from."""

from time import sleep

import pytest

from tests.crowd import sql, wrong_codes
from tests.holder import PASSWORD, Holder
from tests.owner import Owner, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

GUESSED = """
SELECT guessed_by FROM phone_verifications WHERE phone = $1 ORDER BY created_at DESC LIMIT 1
"""
MAILS = "SELECT 1 FROM deliveries WHERE destination = $1 AND template LIKE 'new_device%'"


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


def sign_in(device: Person, owner: Holder, password: str) -> int:
    """On a device that may be known. How many mails about it there are."""
    seen = device.submit("/login/password", email=owner.email, password=password)
    assert (seen.status, seen.path) == (200, "/account")
    return len(sql(owner.product, MAILS, owner.email))


def test_a_sign_in_after_a_changed_password_is_told(owner: Owner) -> None:
    owner.submit("/account/password", password=NEW_PASSWORD)
    assert sign_in(owner, owner, NEW_PASSWORD) == 1
    assert sign_in(owner, owner, NEW_PASSWORD) == 1, "known again"


def test_one_of_an_account_that_was_deleted_is_unknown_to_the_next(product: Product) -> None:
    """With the same number and address, made by someone else or anew."""
    former = Holder(product)
    sql(product, "DELETE FROM users WHERE email = $1", former.email)
    sleep(1)
    owner = Holder(product, former.email)
    assert sign_in(former, owner, PASSWORD) == 1


def test_one_of_who_had_the_number_before_has_no_guesses_of_its_own(product: Product) -> None:
    former = Holder(product)
    sql(product, "UPDATE users SET phone = $2 WHERE phone = $1", former.phone, new_phone())
    sleep(1)
    assert Person(product).sign_up(former.phone, new_email()).path == "/signup/done"
    former.post("/logout")
    former.submit("/login/phone", phone=former.phone)
    [wrong] = wrong_codes(product.code_for(former.phone), 1)
    former.submit("/login/phone-code", code=wrong)
    assert sql(product, GUESSED, former.phone)[0]["guessed_by"] == ""


def test_without_either_it_is_not(owner: Owner) -> None:
    assert sign_in(owner, owner, PASSWORD) == 0


def test_a_sign_in_after_a_recovery_is_told(product: Product, owner: Owner) -> None:
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    assert sign_in(owner, owner, NEW_PASSWORD) == 1


def test_a_sign_in_after_an_undo_is_told(product: Product, owner: Owner) -> None:
    owner.change("phone", new_phone())
    assert undo(Person(product), undo_path(product, owner.email)).status == 200
    assert sign_in(owner, owner, PASSWORD) == 1


def test_a_forgotten_device_has_no_guesses_of_its_own(product: Product, owner: Owner) -> None:
    """It has those of strangers: nobody who kept its cookie tries on beside them."""
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    stranger = Person(product)
    for _ in range(12):
        stranger.submit("/login/password", email=owner.email, password="not the right one")
    locked = owner.submit("/login/password", email=owner.email, password=NEW_PASSWORD)
    assert locked.status == 429


def test_a_device_that_signs_in_again_has_its_own(product: Product, owner: Owner) -> None:
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    sign_in(owner, owner, NEW_PASSWORD)
    stranger = Person(product)
    for _ in range(12):
        stranger.submit("/login/password", email=owner.email, password="not the right one")
    sign_in(owner, owner, NEW_PASSWORD)
