"""A sign-in with the address that the link went to is no second proof beside that link."""

import pytest

from tests.controllers.test_account_undo_provider import DAYS_AGO, DONE, Linker, by_auth0, told
from tests.crowd import sql
from tests.federated import Federated
from tests.owner import contacts, undo_path
from tests.person import new_email, new_phone
from tests.product import Product

SAME_MAILBOX = (422, "/auth0/failed/auth0-same-mailbox")


@pytest.mark.parametrize(
    ("of_before", "known_there"),
    [
        ("{0}{1}@example.org", "{0}{1}@example.org"),
        ("{0}{1}+here@example.org", "{0}{1}@example.org"),
        ("{0}.{1}@gmail.com", "{0}{1}@googlemail.com"),
    ],
)
@pytest.mark.parametrize("removed", [False, True])
def test_one_with_the_address_that_the_link_went_to_is_the_same_proof(
    product: Product, of_before: str, known_there: str, *, removed: bool
) -> None:
    """Who reads a hacked mailbox is in its sign-in too."""
    name = new_email().partition("@")[0]
    owner = Linker(product, of_before.format("two", name))
    hacked = owner.link(known_there.format("two", name))
    sql(product, DAYS_AGO, owner.email, 8)
    link = owner.move()
    if removed:
        owner.unlink(1)
    someone = Federated(product)
    refused = by_auth0(someone, link, hacked)
    assert (told(refused), "count as one" in refused.alert) == (SAME_MAILBOX, True)
    assert contacts(product, owner.email) == [(owner.phone, owner.email)]
    page = someone.get(f"{link}/confirm")
    assert "if its e-mail address is the one our link went to" in page.html
    assert told(by_auth0(someone, link, owner.theirs)) == DONE


def test_nor_does_one_confirm_the_undo_of_a_change_of_number(product: Product) -> None:
    owner = Linker(product)
    hacked = owner.link(owner.email)
    sql(product, DAYS_AGO, owner.email, 8)
    owner.change("phone", new_phone())
    link = undo_path(product, owner.email)
    assert told(by_auth0(Federated(product), link, hacked)) == SAME_MAILBOX
    assert told(by_auth0(Federated(product), link, owner.theirs)) == DONE
