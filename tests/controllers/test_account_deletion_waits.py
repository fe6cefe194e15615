"""An account is not deleted while a change of its number or address can be undone: whoever changed
it may be a thief, and the owner's link would lead to nothing.
"""

from datetime import UTC, datetime

import pytest

from tests.crowd import sql
from tests.dormant import released
from tests.holder import Holder, confirm_by_code
from tests.owner import Owner, contacts, undo, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

CHANGED_DAYS_AGO = """
UPDATE contact_changes SET changed_at = clock_timestamp() - make_interval(days => $2)
WHERE new_value = $1
"""
BEGUN_DAYS_AGO = """
UPDATE contact_changes SET undo_begun_at = clock_timestamp() - make_interval(days => $2)
WHERE new_value = $1
"""
NEW = {"phone": new_phone, "email": new_email}
BUTTON = "Delete my account for good"


@pytest.fixture
def owner(product: Product) -> Owner:
    """With a thief in the browser, who has just proved more than the sign-in."""
    return Owner(product)


@pytest.fixture(params=["phone", "email"])
def changed(request: pytest.FixtureRequest, owner: Owner) -> str:
    """The new value."""
    new = NEW[request.param]()
    owner.change(request.param, new)
    return new


def is_deleted(seen: Seen) -> bool:
    return (seen.status, seen.path, "Your account was deleted." in seen.html) == (200, "/", True)


def test_the_owner_can_still_undo_what_a_thief_changed(
    product: Product, owner: Owner, changed: str
) -> None:
    refused = owner.submit("/account/deletion")
    assert refused.status == 409
    assert undo(Person(product), undo_path(product, owner.email)).heading == "The change was undone"
    assert contacts(product, owner.phone, owner.email, changed) == [(owner.phone, owner.email)]


def test_the_page_tells_from_when_on_and_why(owner: Owner, changed: str) -> None:
    page, refused = owner.get("/account/deletion"), owner.submit("/account/deletion")
    kind = "e-mail address" if "@" in changed else "phone number"
    reason = f"because your {kind} was changed on {datetime.now(UTC):%-d %B %Y}"
    for seen in (page, refused):
        assert "in 7 days, because" in seen.html
        assert reason in seen.html
        assert "the link in our e-mail" in seen.html
        assert BUTTON not in seen.html
    assert reason in refused.alert
    assert page.alert == ""


def test_no_code_is_used_up_by_it(owner: Owner, changed: str) -> None:
    refused = owner.submit("/account/deletion", password="not the right one")
    assert (refused.status, "You can delete your account in 7 days, because" in refused.alert) == (
        409,
        True,
    )


def test_it_is_deleted_a_week_later(product: Product, owner: Owner, changed: str) -> None:
    sql(product, CHANGED_DAYS_AGO, changed, 7)
    assert BUTTON in owner.get("/account/deletion").html
    assert is_deleted(owner.submit("/account/deletion"))


@pytest.mark.parametrize(("days", "opens"), [(6, False), (7, True)])
def test_an_undo_that_has_begun_has_a_week_of_its_own(
    product: Product, owner: Owner, days: int, opens: bool
) -> None:
    owner.change("email", new := new_email())
    Person(product).submit(undo_path(product, owner.email))
    sql(product, CHANGED_DAYS_AGO, new, days + 5)
    sql(product, BEGUN_DAYS_AGO, new, days)
    seen = owner.submit("/account/deletion")
    assert is_deleted(seen) is opens
    assert opens or "because someone has begun to undo a change" in seen.alert


def test_the_last_of_several_changes_counts(product: Product, owner: Owner) -> None:
    owner.change("phone", first := new_phone())
    owner.change("email", new_email())
    sql(product, CHANGED_DAYS_AGO, first, 5)
    assert "in 7 days, because" in owner.submit("/account/deletion").alert


def test_once_it_is_undone_the_owner_deletes_it(product: Product, owner: Owner) -> None:
    owner.change("phone", new_phone())
    undo(Person(product), undo_path(product, owner.email))
    back = owner.elsewhere()
    assert confirm_by_code(back, owner.phone).path == "/account"
    assert is_deleted(back.submit("/account/deletion"))


def test_a_first_number_has_no_undo_and_holds_nothing_up(product: Product) -> None:
    holder: Holder = released(product)
    person = holder.elsewhere()
    confirm_by_code(person, holder.email)
    person.submit("/account/phone", phone=(phone := new_phone()))
    person.submit("/account/phone-code", code=product.code_for(phone))
    assert is_deleted(person.submit("/account/deletion"))
