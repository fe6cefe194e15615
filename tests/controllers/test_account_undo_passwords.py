"""Which password confirms an undo: the one the account had for a week before, whatever was changed
first, and none that a recovery had set.
"""

import re
from time import monotonic, sleep

import pytest

from tests.crowd import sql
from tests.days import days_pass
from tests.holder import PASSWORD, confirm_by_code
from tests.owner import Owner, contacts, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import PATIENCE, Product
from tests.recovering import NEW_PASSWORD, at_password

THEIRS = "nine loud thieves cheer"
DONE = "The change was undone"
KEPT = """
SELECT by_mail FROM former_passwords WHERE user_id = (SELECT id FROM users WHERE phone = $1)
"""


class Known(Owner):
    """Whose password and texts someone else has too."""

    def let_in(self, email: str, password: str) -> None:
        self.submit("/logout")
        assert self.submit("/login/password", email=email, password=password).status == 200
        confirm_by_code(self, self.phone)


@pytest.fixture
def owner(product: Product) -> Known:
    """With an account of two months."""
    owner = Known(product)
    days_pass(product, owner.email, 60)
    return owner


def links(product: Product, to: str, count: int) -> list[str]:
    """Of all mails about changes that came there, once there are so many."""
    deadline = monotonic() + PATIENCE
    while True:
        bodies = "\n".join(sent.body for sent in product.messages(to))
        found = list(dict.fromkeys(re.findall(r"/account/undo/[A-Za-z0-9_-]{64}", bodies)))
        if len(found) >= count:
            return found
        assert monotonic() < deadline, found
        sleep(0.02)


def recover(product: Product, email: str, nth: int = 1) -> None:
    person = at_password(product, email, nth)
    assert person.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"


def intruder(owner: Known, password: str = PASSWORD) -> Known:
    owner.let_in(owner.email, password)
    return owner


@pytest.mark.parametrize("order", ["password, email, phone", "email, password, phone"])
def test_whatever_was_changed_first_each_link_takes_the_password_from_before(
    product: Product, owner: Known, order: str
) -> None:
    thief = intruder(owner)
    changes = {"email": new_email(), "phone": new_phone()}
    for what in order.split(", "):
        if what == "password":
            assert thief.submit("/account/password", password=THEIRS).path == "/account"
        else:
            thief.change(what, changes[what])
    found = links(product, owner.email, 2)
    assert [undo(Person(product), link, THEIRS).status for link in found] == [422, 422]
    assert undo(Person(product), undo_path(product, owner.email)).heading == DONE
    assert contacts(product, owner.phone, owner.email) == [(owner.phone, owner.email)]


@pytest.mark.parametrize("newest", [False, True])
def test_so_do_the_older_and_the_newer_link_of_days_later(
    product: Product, owner: Known, *, newest: bool
) -> None:
    thief = intruder(owner)
    thief.submit("/account/password", password=THEIRS)
    thief.change("email", now := new_email())
    older = undo_path(product, owner.email)
    days_pass(product, now, 6)
    thief.let_in(now, THEIRS)
    thief.change("phone", new_phone())
    links(product, owner.email, 2)
    link = undo_path(product, owner.email) if newest else older
    assert undo(Person(product), link).heading == DONE
    assert contacts(product, owner.phone, owner.email) == [(owner.phone, owner.email)]


@pytest.mark.parametrize("days", [8, 60])
def test_one_that_a_recovery_had_set_never_does(product: Product, owner: Known, days: int) -> None:
    """Who reads the mailbox has set it, and the link goes there too."""
    recover(product, owner.email)
    days_pass(product, owner.email, days)
    intruder(owner, NEW_PASSWORD).change("email", new := new_email())
    page = Person(product)
    link = undo_path(product, owner.email)
    assert "Password from before" not in page.submit(link).html
    assert undo(page, link, NEW_PASSWORD).status == 422
    assert contacts(product, new) == [(owner.phone, new)]


def test_one_that_a_recovery_replaced_in_the_week_before_does(
    product: Product, owner: Known
) -> None:
    recover(product, owner.email)
    intruder(owner, NEW_PASSWORD).change("email", new_email())
    link = undo_path(product, owner.email)
    assert undo(Person(product), link, NEW_PASSWORD).status == 422
    assert undo(Person(product), link).heading == DONE


def test_one_that_was_given_up_a_week_before_does_not(product: Product, owner: Known) -> None:
    intruder(owner).submit("/account/password", password=THEIRS)
    days_pass(product, owner.email, 8)
    intruder(owner, THEIRS).change("email", new_email())
    link = undo_path(product, owner.email)
    assert undo(Person(product), link).status == 422
    assert undo(Person(product), link, THEIRS).heading == DONE


def test_one_that_was_there_for_some_days_only_does_not(product: Product, owner: Known) -> None:
    """An intruder's, which the owner has replaced meanwhile."""
    intruder(owner).submit("/account/password", password=THEIRS)
    days_pass(product, owner.email, 3)
    recover(product, owner.email)
    days_pass(product, owner.email, 6)
    intruder(owner, NEW_PASSWORD).change("email", new_email())
    link = undo_path(product, owner.email)
    assert undo(Person(product), link, THEIRS).status == 422


def test_one_that_was_taken_back_proves_nothing_later(product: Product, owner: Known) -> None:
    """What an undo has dropped is not kept."""
    thief = intruder(owner)
    thief.submit("/account/password", password=THEIRS)
    thief.change("email", new_email())
    assert undo(Person(product), undo_path(product, owner.email)).heading == DONE
    assert [row["by_mail"] for row in sql(product, KEPT, owner.phone)] == [False]
    recover(product, owner.email)
    assert len(sql(product, KEPT, owner.phone)) == 1


def test_the_download_tells_when_they_were_replaced_and_no_secret(owner: Known) -> None:
    intruder(owner).submit("/account/password", password=THEIRS)
    [held] = owner.get("/account/data").response.json()["former_passwords"]
    assert set(held) == {"set_at", "replaced_at", "by_mail"}
