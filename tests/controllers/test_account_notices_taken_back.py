"""What a recovery or an undo took off an account is told of what follows, and given no way in."""

import pytest

from tests.controllers.test_account_undo_links import mails
from tests.crowd import sql
from tests.days import days_pass
from tests.holder import confirm_by_code, message
from tests.lost import Lost
from tests.owner import Owner, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

WITHOUT = "Someone asked to change your Latchkey account without this phone."
WITH_THIS = "Sign in with it within a day"
TOLD = """
SELECT template FROM deliveries WHERE destination = $1 AND created_at > clock_timestamp()
  - interval '1 hour' ORDER BY created_at
"""


class Robbed(Lost, Owner):
    """Who has a new number, while someone reads the mailbox, from the browser."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.old = self.phone
        self.change("phone", new := new_phone())
        self.phone = new


@pytest.fixture
def owner(product: Product) -> Robbed:
    return Robbed(product)


def told(product: Product, to: str) -> list[str]:
    """Of late."""
    return [row["template"] for row in sql(product, TOLD, to)]


def test_a_number_that_an_undo_took_off_is_told_of_a_change_without_it(
    product: Product, owner: Robbed
) -> None:
    """By who reads the mailbox and knows the password."""
    undo(Person(product), undo_path(product, owner.email))
    owner.browser = owner.elsewhere()
    owner.confirm()
    owner.ask("phone", new_phone())
    for number in (owner.old, owner.phone):
        assert WITHOUT in message(product, number, WITHOUT).body


def test_so_is_one_that_a_recovery_took_off_however_long_that_waits(
    product: Product, owner: Robbed
) -> None:
    """The password that it set counts after a week."""
    at_password(product, owner.email).submit("/recovery/password", password=NEW_PASSWORD)
    days_pass(product, owner.email, 10)
    owner.browser = owner.elsewhere(NEW_PASSWORD)
    owner.confirm("", NEW_PASSWORD)
    owner.ask("email", new_email())
    assert WITH_THIS in message(product, owner.old, WITHOUT).body
    assert WITH_THIS not in message(product, owner.phone, WITHOUT).body


def test_an_address_that_was_taken_back_is_told_without_a_link(product: Product) -> None:
    """For a week. It may be an intruder's."""
    owner = Owner(product)
    owner.change("email", theirs := new_email())
    undo(owner, undo_path(product, owner.email))
    owner.submit("/login/password", email=owner.email, password="seven otters paint slowly")
    confirm_by_code(owner, owner.phone)
    owner.change("phone", second := new_phone())
    assert (mails(product, owner.email, "phone"), mails(product, theirs, "phone")) == (
        [True],
        [False],
    )
    days_pass(product, owner.email, 7.1)
    confirm_by_code(owner, second)
    owner.change("phone", new_phone())
    assert mails(product, theirs, "phone") == [False]


def test_all_that_it_had_that_week_are_told_of_an_undo(product: Product) -> None:
    owner = Owner(product)
    theirs = [new_email(), new_email()]
    for address in theirs:
        owner.change("email", address)
    undo(Person(product), undo_path(product, owner.email))
    for address in (owner.email, *theirs):
        assert "change_undone" in told(product, address)
