"""A number that was in doubt when it was replaced is in doubt again when it is put back."""

from collections.abc import Callable

import pytest

from tests.controllers.test_recovery_rollback import recover
from tests.crowd import sql
from tests.dormant import UNUSED, prove_number
from tests.owner import Owner, contacts, undo, undo_path
from tests.person import Person, new_phone
from tests.product import Product

DOUBTED = "SELECT phone_doubted_at AS since FROM users WHERE email = $1"


@pytest.fixture
def owner(product: Product) -> Owner:
    """Who uses an account again that was unused for long, after someone came with its number."""
    owner = Owner(product)
    sql(product, UNUSED, owner.email, 91)
    assert prove_number(owner)[1].path == "/login/email-code"
    owner.elsewhere()
    return owner


def doubted_since(owner: Owner) -> object:
    return sql(owner.product, DOUBTED, owner.email)[0]["since"]


def undo_by_link(owner: Owner) -> None:
    undo(Person(owner.product), undo_path(owner.product, owner.email))


@pytest.mark.parametrize("put_back", [recover, undo_by_link])
@pytest.mark.parametrize("changed_back", [False, True])
def test_it_does_not_open_the_account_by_itself(
    owner: Owner, put_back: Callable[[Owner], object], *, changed_back: bool
) -> None:
    """Whoever changes it, forth and back, ends no doubt by that."""
    since = doubted_since(owner)
    owner.change("phone", new_phone())
    owner.change("phone", owner.phone if changed_back else new_phone())
    assert (doubted_since(owner), since is None) == (None, False)
    put_back(owner)
    assert contacts(owner.product, owner.email) == [(owner.phone, owner.email)]
    assert doubted_since(owner) == since
    stranger, seen = prove_number(owner)
    assert (seen.path, stranger.get("/account").status) == ("/login/email-code", 303)


def test_one_that_was_in_no_doubt_is_in_none(product: Product) -> None:
    """Whatever became of the one that took its place."""
    owner = Owner(product)
    owner.change("phone", theirs := new_phone())
    mine, owner.phone = owner.phone, theirs
    sql(product, UNUSED, owner.email, 91)
    assert prove_number(owner)[1].path == "/login/email-code"
    owner.elsewhere()
    recover(owner)
    owner.phone = mine
    assert (doubted_since(owner), prove_number(owner)[1].path) == (None, "/account")
