"""What an intruder planted in an account is taken back when its owner recovers it."""

import pytest

from tests.crowd import sql
from tests.federated import Federated, identities_of
from tests.holder import Holder, message
from tests.owner import Owner, contacts
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_password

PHONE_BACK = "Your phone number from before is back."
PHONE_TAKEN = "belongs to another account now, so your account has no number."
AUTH0_GONE = "Linked logins that were added recently no longer open your account."
LINKED_DAYS_AGO = """
UPDATE identities SET created_at = created_at - make_interval(days => $2)
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
CHANGED_DAYS_AGO = """
UPDATE contact_changes SET changed_at = changed_at - make_interval(days => $2)
WHERE new_value = $1
"""
ROLLED_BACK = """
SELECT details::jsonb AS details FROM audit_events e JOIN users u ON u.id = e.user_id
WHERE e.event = 'account:rolled_back' AND u.email = $1
"""


class Linker(Owner, Federated):
    """With an account by phone and password, to which Auth0 sign-ins are linked."""

    def __init__(self, product: Product) -> None:
        Holder.__init__(self, product)


@pytest.fixture
def owner(product: Product) -> Linker:
    return Linker(product)


def recover(owner: Holder, email: str = "") -> Seen:
    """The page that the new password leads to."""
    person = at_password(owner.product, email or owner.email)
    return person.submit("/recovery/password", password=NEW_PASSWORD)


def test_an_identity_that_was_linked_lately_opens_nothing(product: Product, owner: Linker) -> None:
    owner.come_with_auth0("link", email=(theirs := new_email()))
    landed = recover(owner)
    assert (landed.path, AUTH0_GONE in landed.html) == ("/login/password", True)
    assert identities_of(product, owner.email) == []
    assert Federated(product, theirs).come_with_auth0("login").path == "/signup/phone"
    assert AUTH0_GONE in message(product, owner.email, "password was changed").body
    assert len(sql(product, ROLLED_BACK, owner.email)) == 1


def test_the_same_form_again_names_what_was_taken_back(owner: Linker) -> None:
    owner.change("phone", new_phone())
    person = at_password(owner.product, owner.email)
    person.get("/recovery/password")
    pages = []
    for _ in range(2):  # the first answer may have been lost
        went = person.post("/recovery/password", password=NEW_PASSWORD)
        pages.append(person.get(went.location).html)
    assert [PHONE_BACK in page for page in pages] == [True, True]
    went = person.post("/recovery/password", password="nine loud herons dance")
    assert PHONE_BACK not in person.get(went.location).html


def test_a_number_that_was_changed_lately_is_the_old_one_again(
    product: Product, owner: Linker
) -> None:
    owner.change("phone", new_phone())
    owner.change("phone", theirs := new_phone())
    landed = recover(owner)
    assert (landed.path, PHONE_BACK in landed.html) == ("/login/password", True)
    assert contacts(product, owner.email, theirs) == [(owner.phone, owner.email)]
    assert PHONE_BACK in message(product, owner.email, "password was changed").body
    assert message(product, owner.phone, "password was changed")
    assert message(product, theirs, "was undone")
    link = "SELECT 1 FROM contact_changes WHERE new_value = $1 AND undone_at IS NULL"
    assert sql(product, link, theirs) == []


def test_what_was_there_for_a_week_stays(product: Product, owner: Linker) -> None:
    owner.come_with_auth0("link", email=new_email())
    owner.change("phone", mine := new_phone())
    sql(product, LINKED_DAYS_AGO, owner.email, 8)
    sql(product, CHANGED_DAYS_AGO, mine, 8)
    owner.change("phone", new_phone())
    landed = recover(owner)
    assert (PHONE_BACK in landed.html, AUTH0_GONE in landed.html) == (True, False)
    assert len(identities_of(product, owner.email)) == 1
    assert contacts(product, owner.email) == [(mine, owner.email)]


def test_what_the_account_was_made_with_stays(product: Product) -> None:
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    person = at_password(product, zoe.email)
    landed = person.submit("/recovery/password", password=NEW_PASSWORD)
    assert AUTH0_GONE not in landed.html
    assert len(identities_of(product, zoe.email)) == 1
    assert Federated(product, zoe.email).come_with_auth0("login").path == "/account"
    assert sql(product, ROLLED_BACK, zoe.email) == []


def test_the_address_that_was_proved_stays(product: Product, owner: Linker) -> None:
    owner.change("email", new := new_email())
    landed = recover(owner, new)
    assert (landed.status, landed.path) == (200, "/login/password")
    assert contacts(product, new, owner.email) == [(owner.phone, new)]
    assert sql(product, ROLLED_BACK, new) == []


def test_a_number_that_someone_else_has_by_now_is_left_out(product: Product, owner: Linker) -> None:
    """The one that was planted goes all the same: it opens the account."""
    owner.change("phone", theirs := new_phone())
    Owner(product).change("phone", owner.phone)
    landed = recover(owner)
    assert (PHONE_TAKEN in landed.html, PHONE_BACK in landed.html) == (True, False)
    assert contacts(product, owner.email, theirs) == [(None, owner.email)]
    assert PHONE_TAKEN in message(product, owner.email, "password was changed").body
    assert message(product, theirs, "was undone")


@pytest.mark.parametrize(("days", "back"), [(6, True), (7, False)])
def test_a_number_that_did_not_stay_for_a_week_does_not_come_back(
    product: Product, owner: Linker, days: int, back: bool
) -> None:
    """However long ago it was put there: the one before that does."""
    owner.change("phone", theirs := new_phone())
    owner.change("phone", second := new_phone())
    sql(product, CHANGED_DAYS_AGO, theirs, days + 2)
    sql(product, CHANGED_DAYS_AGO, second, 2)
    recover(owner)
    assert contacts(product, owner.email) == [(owner.phone if back else theirs, owner.email)]


def test_a_made_up_notice_tells_nothing_of_it(product: Product) -> None:
    person = Person(product)
    person.http.cookies.set("notice", "password-reset.<b>.phone-back.nothing")
    assert "<b>" not in person.get("/login/password").html
