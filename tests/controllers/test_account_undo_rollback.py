"""Undoing one change takes back whatever else an intruder added to the account that week."""

import pytest

from tests.crowd import sql
from tests.federated import Federated, identities_of
from tests.holder import PASSWORD, Holder, message
from tests.owner import Owner, contacts, undo_path
from tests.owner import undo as undo_by
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

THEIRS = "seven grey otters swim"


class Linker(Owner, Federated):
    """With an account by phone and password, to which Auth0 sign-ins are linked."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


def undo(owner: Holder, password: str = PASSWORD) -> Seen:
    return undo_by(Person(owner.product), undo_path(owner.product, owner.email), password)


def test_both_contacts_and_identities_are_taken_back(product: Product, owner: Linker) -> None:
    theirs, their_phone, their_email = new_email(), new_phone(), new_email()
    owner.come_with_auth0("link", email=theirs)
    owner.change("phone", their_phone)
    owner.change("email", their_email)
    done = undo(owner)
    assert done.heading == "The change was undone"
    assert "Your phone number from before is back." in done.html
    assert "Linked logins that were added recently" in done.html
    assert contacts(product, their_phone, their_email, owner.email) == [(owner.phone, owner.email)]
    assert Federated(product, theirs).come_with_auth0("login").path == "/signup/phone"
    for contact in (owner.phone, owner.email, their_phone, their_email):
        assert message(product, contact, "was undone")
    assert "Your phone number from before is back." in owner.told("was undone").body


def test_of_two_changes_the_first_value_comes_back(product: Product, owner: Linker) -> None:
    owner.change("email", new_email())
    older = undo_path(product, owner.email)
    owner.change("email", last := new_email())
    assert undo(owner).heading == "The change was undone"
    assert contacts(product, owner.email, last) == [(owner.phone, owner.email)]
    assert Person(product).get(older).heading == "The change was undone"


def test_a_password_of_that_week_opens_nothing(product: Product, owner: Linker) -> None:
    owner.change("email", new_email())
    owner.submit("/account/password", password=THEIRS)
    assert "the password from then no longer works" in undo(owner).html
    for password in (THEIRS, PASSWORD):
        tried = Person(product).submit("/login/password", email=owner.email, password=password)
        assert tried.status == 422


def test_what_was_there_for_a_week_stays(product: Product, owner: Linker) -> None:
    owner.come_with_auth0("link", email=new_email())
    owner.change("phone", mine := new_phone())
    for table, time in (("identities", "created_at"), ("contact_changes", "changed_at")):
        sql(
            product,
            f"UPDATE {table} SET {time} = {time} - interval '8 days' WHERE user_id ="
            " (SELECT id FROM users WHERE email = $1)",
            owner.email,
        )
    owner.change("email", new_email())
    assert undo(owner).heading == "The change was undone"
    assert contacts(product, owner.email) == [(mine, owner.email)]
    assert len(identities_of(product, owner.email)) == 1
    assert (
        Person(product).submit("/login/password", email=owner.email, password=PASSWORD).path
        == "/account"
    )


def test_the_other_contact_is_left_out_where_someone_else_has_it(
    product: Product, owner: Linker
) -> None:
    owner.change("phone", theirs := new_phone())
    Owner(product).change("phone", owner.phone)
    owner.change("email", new_email())
    done = undo(owner)
    assert (done.heading, "belongs to another account" in done.html) == (
        "The change was undone",
        True,
    )
    assert contacts(product, owner.email, theirs) == [(None, owner.email)]
