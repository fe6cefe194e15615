"""How long the link of a change works, and what waiting for its proof moves: nothing else."""

import pytest

from tests.crowd import sql
from tests.days import days_pass
from tests.federated import Federated, identities_of
from tests.holder import Holder, confirm_by_code, message
from tests.owner import Owner, contacts, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

LINKS = """
SELECT count(DISTINCT context ->> 'change') FROM deliveries
WHERE destination = $1 AND context::jsonb ? 'change'
"""


class Linker(Owner, Federated):
    """With an account of two months, who confirms changes by the phone."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)
        days_pass(product, self.email, 60)
        self.now = {"phone": self.phone, "email": self.email}

    def put(self, kind: str) -> str:
        """Another number or address."""
        confirm_by_code(self, self.now["phone"])
        self.now[kind] = new_phone() if kind == "phone" else new_email()
        self.change(kind, self.now[kind])
        return self.now[kind]

    def later(self, days: float) -> None:
        days_pass(self.product, self.now["email"], days)


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


def links(product: Product, to: str) -> int:
    return int(sql(product, LINKS, to)[0]["count"])


def test_a_link_works_as_long_as_it_says_whatever_is_changed_after_it(
    product: Product, owner: Linker
) -> None:
    owner.put("email")
    owner.later(6.9)
    owner.put("email")
    link = undo_path(product, owner.email)
    owner.later(0.3)
    last = owner.put("email")
    owner.later(6.5)
    assert undo(Person(product), link).heading == "The change was undone"
    assert contacts(product, owner.email, last) == [(owner.phone, owner.email)]


def test_it_takes_back_what_the_intruder_did_before_and_since(
    product: Product, owner: Linker
) -> None:
    confirm_by_code(owner, owner.phone)
    owner.come_with_auth0("link", email=new_email())
    assert len(identities_of(product, owner.email)) == 1
    owner.later(5)
    owner.put("email")
    link = undo_path(product, owner.email)
    owner.later(5)
    phone = owner.put("phone")
    done = undo(Person(product), link)
    assert done.heading == "The change was undone"
    assert "logins that were added recently" in done.html
    assert contacts(product, owner.email, phone) == [(owner.phone, owner.email)]
    assert identities_of(product, owner.email) == []


def test_what_was_changed_back_meanwhile_is_told_and_done_with(
    product: Product, owner: Linker
) -> None:
    owner.put("email")
    link, someone = undo_path(product, owner.email), Person(product)
    owner.change("email", owner.email)
    assert "is already back on your account" in someone.get(link).html
    assert undo(someone, link).heading == "The change was undone"
    assert "It’s already undone." in Person(product).get(link).html
    assert contacts(product, owner.email) == [(owner.phone, owner.email)]


@pytest.mark.parametrize("pressed", [False, True])
def test_an_undo_that_waits_moves_nothing_of_the_owners_recovery(
    product: Product, owner: Linker, *, pressed: bool
) -> None:
    """Whoever reads the old mailbox can press the button, and prove nothing."""
    mine, phone = owner.put("email"), owner.put("phone")
    link = undo_path(product, owner.email)
    owner.later(6.9)
    if pressed:
        Person(product).submit(link)
    owner.later(6.5)
    person = at_password(product, mine)
    assert person.submit("/recovery/password", password=NEW_PASSWORD).path == "/login/password"
    assert contacts(product, mine, phone) == [(phone, mine)]


@pytest.mark.parametrize("pressed", [False, True])
def test_nor_who_is_sent_the_next_links(product: Product, owner: Linker, *, pressed: bool) -> None:
    mine = owner.put("email")
    link = undo_path(product, owner.email)
    owner.later(6.9)
    if pressed:
        Person(product).submit(link)
    for _ in range(2):
        owner.later(5)
        owner.put("phone")
    assert message(product, mine, "/account/undo/")
    assert (links(product, owner.email), links(product, mine)) == (1, 2)
