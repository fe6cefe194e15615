"""Who is sent the link that undoes a change: nobody who may have taken the account over."""

import pytest

from tests.crowd import sql
from tests.holder import confirm_by_code, message
from tests.owner import Owner, undo, undo_path
from tests.person import new_email, new_phone
from tests.product import Product

DAYS_PASS = """
UPDATE contact_changes SET changed_at = changed_at - make_interval(days => $1),
  undone_at = undone_at - make_interval(days => $1)
WHERE user_id = (SELECT id FROM users WHERE email = $2 OR phone = $3)
"""
LETTERS = """
SELECT context::jsonb ? 'change' AS undoes FROM deliveries
WHERE destination = $1 AND template = $2 ORDER BY created_at
"""


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


@pytest.fixture
def intruder(product: Product, owner: Owner) -> str:
    """An address someone put in the place of the owner's, three days ago."""
    owner.change("email", theirs := new_email())
    days_pass(owner, theirs, 3)
    return theirs


def days_pass(owner: Owner, email: str, days: int) -> None:
    """Since all changes of the account that has the address now."""
    sql(owner.product, DAYS_PASS, days, email, owner.phone)


def mails(product: Product, to: str, kind: str) -> list[bool]:
    """Of each notice of a change to that address: whether it can undo."""
    return [row["undoes"] for row in sql(product, LETTERS, to, f"{kind}_changed")]


def test_who_took_an_account_over_cannot_undo_its_rescue(
    product: Product, owner: Owner, intruder: str
) -> None:
    owner.change("email", owner.email)
    assert mails(product, intruder, "email") == [False]
    days_pass(owner, owner.email, 5)
    owner.change("email", new_email())
    assert mails(product, owner.email, "email") == [True, True]
    assert mails(product, intruder, "email") == [False, False]
    assert "/account/undo/" not in message(product, intruder, "was changed").body


def test_nor_a_change_of_the_number(product: Product, owner: Owner, intruder: str) -> None:
    owner.change("phone", new_phone())
    assert mails(product, intruder, "phone") == [False]
    assert mails(product, owner.email, "phone") == [True]


def test_nor_one_of_the_number_after_the_address_is_back(
    product: Product, owner: Owner, intruder: str
) -> None:
    owner.change("email", owner.email)
    owner.change("phone", new_phone())
    assert mails(product, intruder, "phone") == [False]
    assert mails(product, owner.email, "phone") == [True]


def test_nor_by_moving_on_to_yet_another_address(
    product: Product, owner: Owner, intruder: str
) -> None:
    owner.change("email", second := new_email())
    days_pass(owner, second, 5)
    owner.change("email", owner.email)
    assert mails(product, second, "email") == [False]
    assert mails(product, intruder, "email") == [False, False]


def test_nor_by_coming_back(product: Product, owner: Owner, intruder: str) -> None:
    owner.change("email", owner.email)
    days_pass(owner, owner.email, 6)
    owner.change("email", intruder)
    owner.change("email", owner.email)
    assert mails(product, intruder, "email") == [False, False]


def test_an_address_of_more_than_a_week_can_undo(
    product: Product, owner: Owner, intruder: str
) -> None:
    """By then it is whose the account is."""
    days_pass(owner, intruder, 5)
    owner.change("email", owner.email)
    assert mails(product, intruder, "email") == [True]


def test_an_address_that_was_put_back_by_a_link_can_undo(
    product: Product, owner: Owner, intruder: str
) -> None:
    link = undo_path(product, owner.email)
    assert undo(owner, link).status == 200
    owner.submit("/login/password", email=owner.email, password="seven otters paint slowly")
    confirm_by_code(owner, owner.phone)
    owner.change("email", new_email())
    assert mails(product, owner.email, "email") == [True, True]
