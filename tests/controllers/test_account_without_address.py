"""An account whose address was taken back, and whose one from before is someone else's by now: it
has none, so that who put the newer one there no longer gets in by it.
"""

import json

import pytest

from tests.crowd import sql
from tests.dormant import UNUSED
from tests.federated import Federated
from tests.holder import PASSWORD, Holder, confirm_by_code, message
from tests.owner import Owner, contacts, events, undo, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD, at_code, mails, sign_in

GONE = "belongs to another account now, so your account has no e-mail address."
STAYS = "your account has no phone number to sign in with."
NO_NUMBER = "UPDATE users SET phone = NULL WHERE email = $1"
NO_PASSWORD = """
UPDATE users SET password_hash = NULL, password_changed_at = NULL WHERE phone = $1
"""
ROLLED_BACK = """
SELECT details FROM audit_events e JOIN users u ON u.id = e.user_id
WHERE e.event = 'account:rolled_back' AND u.phone = $1
"""
FIRST_NUMBER_OF_TODAY = """
INSERT INTO contact_changes (id, user_id, kind, new_value)
SELECT gen_random_uuid(), id, 'phone', phone FROM users WHERE phone = $1
"""


class Robbed(Owner):
    """Whose address is `theirs` by now, while someone else has the one from before."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.theirs = new_email()
        self.change("email", self.theirs)
        Owner(product).change("email", self.email)

    def undo(self) -> Seen:
        return undo(Person(self.product), undo_path(self.product, self.email))


@pytest.fixture
def owner(product: Product) -> Robbed:
    return Robbed(product)


@pytest.fixture
def inside(owner: Robbed) -> Person:
    """The owner, back by a code to the phone after the undo, who has given the password too."""
    assert owner.undo().heading == "The change was undone"
    person = owner.by_phone()
    person.get("/account/confirm")
    assert person.submit("/account/confirm", password=PASSWORD).path == "/account"
    return person


def add_address(person: Person, email: str) -> Seen:
    had = len(person.product.codes_for(email))
    person.submit("/account/email", email=email)
    code = person.product.code_for(email, had)
    return person.submit("/account/email-code", code=code)


def test_the_new_address_is_off_and_the_page_says_so(product: Product, owner: Robbed) -> None:
    asked = Person(product).get(undo_path(product, owner.email))
    assert "takes the new address off your account" in asked.html
    done = owner.undo()
    assert (done.heading, GONE in done.html) == ("The change was undone", True)
    assert "The address is off your account" in done.html
    assert "sign in with your phone" in done.html.lower()
    assert 'href="/recovery/email"' not in done.html
    assert contacts(product, owner.phone, owner.theirs) == [(owner.phone, None)]
    assert message(product, owner.theirs, "was undone")
    assert message(product, owner.phone, "was undone")
    [row] = sql(product, ROLLED_BACK, owner.phone)
    assert json.loads(row["details"]) == {"taken_back": "email-taken"}


def test_the_address_of_a_thief_opens_and_recovers_nothing(product: Product, owner: Robbed) -> None:
    begun = at_code(product, owner.theirs)
    code = mails(product, owner.theirs, "choose a new password for your account", 1)[0].code
    owner.undo()
    assert sign_in(product, owner.theirs, PASSWORD).status == 422
    begun.submit("/recovery/email-code", code=code or "")
    begun.submit("/recovery/password", password=NEW_PASSWORD)
    assert sign_in(product, owner.theirs, NEW_PASSWORD).status == 422
    at_code(product, owner.theirs)
    assert mails(product, owner.theirs, "account with this address", 1)


def test_the_owner_signs_in_by_phone_and_adds_an_address(
    product: Product, owner: Robbed, inside: Person
) -> None:
    page = inside.get("/account")
    assert 'Add<span class="unseen"> an e-mail address' in page.html
    assert owner.theirs not in page.html
    assert inside.get("/account/email").heading == "Add an e-mail address"
    added = add_address(inside, mine := new_email())
    assert (added.path, "E-mail address added." in added.html) == ("/account", True)
    assert contacts(product, mine) == [(owner.phone, mine)]
    assert message(product, owner.phone, "has an e-mail address now")
    assert sign_in(product, mine, PASSWORD).path == "/account"
    assert events(product, "account:email_changed", owner.phone) == 2


def test_the_password_still_confirms_and_no_code_to_the_phone(owner: Robbed) -> None:
    owner.undo()
    person = owner.by_phone()
    page = person.get("/account/confirm")
    assert 'name="password"' in page.html
    assert (
        "code" not in page.html.partition("<main")[2].partition("</form>")[2].partition("<aside")[0]
    )
    assert person.post("/account/confirm/code").status == 422
    wrong = person.submit("/account/confirm", password="not the right one")
    assert (wrong.status, wrong.path) == (422, "/account/confirm")
    assert person.submit("/account/confirm", password=PASSWORD).path == "/account"
    assert person.get("/account/password").status == 200


def test_where_there_is_nothing_else_another_code_confirms(product: Product, owner: Robbed) -> None:
    owner.undo()
    sql(product, NO_PASSWORD, owner.phone)
    person = owner.by_phone()
    page = person.get("/account/confirm")
    assert "so we ask for something else" not in page.html
    assert confirm_by_code(person, owner.phone).path == "/account"
    assert add_address(person, new_email()).path == "/account"


def test_wrong_passwords_are_counted_by_the_number(owner: Robbed) -> None:
    owner.undo()
    person = owner.by_phone()
    refusals = [person.submit("/account/confirm", password=f"wrong {n}").status for n in range(25)]
    assert refusals[0] == 422
    assert refusals[-1] == 429


def test_its_page_and_download_and_password_and_end(
    product: Product, owner: Robbed, inside: Person
) -> None:
    held = json.loads(inside.get("/account/data").html)
    assert held["account"][0]["email"] is None
    assert inside.get("/account/password").status == 200
    changed = inside.submit("/account/password", password=NEW_PASSWORD)
    assert "Password changed." in changed.html
    assert message(product, owner.phone, "Your password or another way into your")
    assert "None" in inside.get("/account").html
    ended = inside.submit("/account/deletion")
    assert (ended.path, "Your account was deleted." in ended.html) == ("/", True)


def test_its_number_alone_opens_it_however_long_it_was_unused(
    product: Product, owner: Robbed
) -> None:
    """There is no mailbox to ask, and nobody may take its last contact."""
    sql(product, UNUSED, owner.theirs, 91)
    owner.undo()
    assert owner.by_phone().get("/account").status == 200


def test_an_address_that_stayed_for_a_week_is_sent_links_and_stays(
    product: Product, owner: Robbed, inside: Person
) -> None:
    add_address(inside, first := new_email())
    sql(
        product,
        "UPDATE contact_changes SET changed_at = changed_at - interval '8 days'"
        " WHERE new_value = $1",
        first,
    )
    inside.submit("/account/phone", phone=(second := new_phone()))
    inside.submit("/account/phone-code", code=product.code_for(second))
    assert undo(Person(product), undo_path(product, first)).heading == "The change was undone"
    assert contacts(product, owner.phone, second) == [(owner.phone, first)]


def test_the_last_contact_stays(product: Product, owner: Robbed) -> None:
    sql(product, NO_NUMBER, owner.theirs)
    asked = Person(product).get(undo_path(product, owner.email))
    assert "undoes the other changes of that week" in asked.html
    done = owner.undo()
    assert (done.heading, STAYS in done.html) == ("The change was undone", True)
    assert contacts(product, owner.theirs) == [(None, owner.theirs)]
    assert STAYS in message(product, owner.theirs, "was undone").body


def test_the_address_stays_where_the_number_goes(product: Product, owner: Robbed) -> None:
    sql(product, FIRST_NUMBER_OF_TODAY, owner.phone)
    done = owner.undo()
    assert STAYS in done.html
    assert contacts(product, owner.theirs) == [(None, owner.theirs)]


def test_an_auth0_sign_in_is_kept_while_only_the_phone_would_be_left(product: Product) -> None:
    """The password opens nothing without an address."""
    zoe = Federated(product)
    zoe.sign_up_with_auth0()
    sql(product, "UPDATE users SET email = NULL, password_hash = 'x' WHERE phone = $1", zoe.phone)
    [row] = sql(
        product,
        "SELECT i.id FROM identities i JOIN users u ON u.id = i.user_id WHERE u.phone = $1",
        zoe.phone,
    )
    refused = zoe.submit_from("/account/identities", f"/account/identities/{row['id']}/removal")
    assert (refused.status, "Add an e-mail address first." in refused.alert) == (409, True)


def test_two_accounts_may_be_without_one(product: Product) -> None:
    for each in (Robbed(product), Robbed(product)):
        each.undo()
        assert contacts(product, each.phone) == [(each.phone, None)]


def test_no_account_is_ever_without_both(product: Product) -> None:
    holder = Holder(product)
    with pytest.raises(Exception, match="has_contact"):
        sql(product, "UPDATE users SET phone = NULL, email = NULL WHERE phone = $1", holder.phone)
