"""Removing an Auth0 sign-in ends the sessions that it opened, and is told by mail."""

import pytest

from tests.crowd import sql
from tests.federated import Federated
from tests.holder import Holder
from tests.person import new_email
from tests.product import Product

HERE = "/account/identities"
NEWEST = """
SELECT i.id FROM identities i JOIN users u ON u.id = i.user_id
WHERE u.email = $1 ORDER BY i.created_at DESC LIMIT 1
"""
UNKNOWN_WHICH = """
UPDATE sessions SET identity_id = NULL
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


class Linker(Holder, Federated):
    """With an account by phone and password."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)

    def remove_newest(self) -> None:
        [identity] = sql(self.product, NEWEST, self.email)
        page = self.submit_from(HERE, f"{HERE}/{identity['id']}/removal")
        assert (page.status, "no longer opens" in page.html) == (200, True)


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


def linked(owner: Linker) -> Federated:
    """Someone who is signed in by an Auth0 sign-in that was just linked."""
    owner.come_with_auth0("link", email=(email := new_email()))
    by_auth0 = Federated(owner.product, email)
    assert by_auth0.come_with_auth0("login").path == "/account"
    return by_auth0


def test_what_it_opened_ends_and_nothing_else(owner: Linker) -> None:
    by_password, by_another, by_it = owner.elsewhere(), linked(owner), linked(owner)
    owner.remove_newest()
    assert not by_it.is_in
    assert by_another.is_in
    assert by_password.get("/account").status == 200
    assert owner.is_in


def test_what_it_may_have_opened_ends_too(owner: Linker) -> None:
    """By a server of the version before, which did not note it."""
    by_it = linked(owner)
    sql(owner.product, UNKNOWN_WHICH, owner.email)
    owner.remove_newest()
    assert not by_it.is_in
    assert owner.is_in


def test_it_is_told_by_mail(owner: Linker) -> None:
    linked(owner)
    owner.remove_newest()
    letter = owner.told("Your single sign-on login was removed")
    assert f"{owner.product.url}/recovery/email" in letter.body
