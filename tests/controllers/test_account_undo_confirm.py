"""The link of the mail undoes nothing alone: one thing more is proved that was had before."""

import pytest

from tests.crowd import sql
from tests.holder import PASSWORD, message
from tests.owner import Owner, contacts, events, undo, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

THEIRS = "seven grey otters swim"
DAYS_PASS = """
UPDATE contact_changes SET changed_at = changed_at - make_interval(days => $2),
  undo_begun_at = undo_begun_at - make_interval(days => $2)
WHERE user_id = (SELECT id FROM users WHERE phone = $1)
"""
PASSWORD_DAYS_AGO = """
UPDATE users SET created_at = created_at - interval '60 days',
  password_changed_at = password_changed_at - make_interval(days => $2) WHERE phone = $1
"""


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


@pytest.fixture
def moved(owner: Owner) -> tuple[str, str]:
    """The link that the address before was sent, and the address there is now."""
    owner.change("email", new := new_email())
    return undo_path(owner.product, owner.email), new


def by_text(person: Person, link: str, phone: str) -> Seen:
    """Undone with a code to that number."""
    had = len(person.product.codes_for(phone))
    assert person.submit(link).path == f"{link}/confirm"
    person.submit_from(f"{link}/confirm", f"{link}/confirm/code")
    return person.submit(f"{link}/confirm", code=person.product.code_for(phone, had))


def test_who_reads_the_old_mailbox_changes_nothing(
    product: Product, owner: Owner, moved: tuple[str, str]
) -> None:
    link, new = moved
    page = Person(product).submit(link)
    assert (page.status, page.heading) == (200, "Confirm that the account was yours")
    assert contacts(product, new) == [(owner.phone, new)]
    assert owner.is_in
    assert message(product, new, "asked to undo")
    assert message(product, owner.phone, "asked to undo")
    assert events(product, "account:undo_begun", owner.phone) == 1


def test_pressing_twice_tells_once(product: Product, owner: Owner, moved: tuple[str, str]) -> None:
    for _ in range(2):
        Person(product).submit(moved[0])
    assert events(product, "account:undo_begun", owner.phone) == 1


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_a_code_to_the_number_from_before_confirms_it(
    product: Product, owner: Owner, kind: str
) -> None:
    owner.change(kind, new_phone() if kind == "phone" else new_email())
    done = by_text(Person(product), undo_path(product, owner.email), owner.phone)
    assert (done.status, done.heading) == (200, "The change was undone")
    assert contacts(product, owner.phone, owner.email) == [(owner.phone, owner.email)]


def test_the_password_from_before_confirms_it_and_a_later_one_does_not(
    product: Product, owner: Owner, moved: tuple[str, str]
) -> None:
    owner.submit("/account/password", password=THEIRS)
    someone = Person(product)
    refused = undo(someone, moved[0], THEIRS)
    assert (refused.status, "isn’t the password you had before" in refused.alert) == (422, True)
    assert undo(someone, moved[0]).heading == "The change was undone"


@pytest.mark.parametrize(("days", "status"), [(0, 422), (6, 422), (8, 200)])
def test_a_password_confirms_it_that_was_there_for_a_week_before(
    product: Product, owner: Owner, days: int, status: int
) -> None:
    """Else it may be of whoever made the change."""
    owner.submit("/account/password", password=THEIRS)
    sql(product, PASSWORD_DAYS_AGO, owner.phone, days)
    owner.change("email", new_email())
    someone, link = Person(product), undo_path(product, owner.email)
    assert undo(someone, link, THEIRS).status == status
    if status == 422:
        assert by_text(someone, link, owner.phone).heading == "The change was undone"


def test_wrong_passwords_are_counted(product: Product, moved: tuple[str, str]) -> None:
    someone = Person(product)
    answers = [undo(someone, moved[0], "not the right one").status for _ in range(5)]
    assert answers == [422] * 5
    assert undo(someone, moved[0]).status == 429


def test_a_code_of_another_browser_confirms_nothing(
    product: Product, owner: Owner, moved: tuple[str, str]
) -> None:
    someone, other = Person(product), Person(product)
    had = len(product.codes_for(owner.phone))
    someone.submit(moved[0])
    someone.submit_from(f"{moved[0]}/confirm", f"{moved[0]}/confirm/code")
    code = product.code_for(owner.phone, had)
    assert other.submit(f"{moved[0]}/confirm", code=code).status == 422
    assert contacts(product, moved[1])


def test_the_week_stands_still_while_it_waits(
    product: Product, owner: Owner, moved: tuple[str, str]
) -> None:
    link, someone = moved[0], Person(product)
    sql(product, DAYS_PASS, owner.phone, 6)
    someone.submit(link)
    sql(product, DAYS_PASS, owner.phone, 6)
    assert undo(someone, link).heading == "The change was undone"


def test_it_waits_for_a_week(product: Product, owner: Owner, moved: tuple[str, str]) -> None:
    link, someone = moved[0], Person(product)
    someone.submit(link)
    sql(product, DAYS_PASS, owner.phone, 8)
    late = someone.get(f"{link}/confirm")
    assert (late.status, late.location) == (303, link)
    assert someone.get(link).status == 409
    assert contacts(product, moved[1])


def test_nobody_outruns_it_by_changing_again_meanwhile(
    product: Product, owner: Owner, moved: tuple[str, str]
) -> None:
    sql(product, DAYS_PASS, owner.phone, 6)
    Person(product).submit(moved[0])
    sql(product, DAYS_PASS, owner.phone, 3)
    owner.change("email", last := new_email())
    assert undo_path(product, owner.email) == moved[0]
    assert undo(Person(product), moved[0]).heading == "The change was undone"
    assert contacts(product, owner.email, last) == [(owner.phone, owner.email)]


def test_without_the_button_there_is_nothing_to_confirm(
    product: Product, moved: tuple[str, str]
) -> None:
    someone = Person(product)
    for path in ("", "/code", "/resend"):
        seen = someone.get(f"{moved[0]}/confirm{path}")
        assert seen.status == 303
    someone.get(moved[0])
    assert someone.post(f"{moved[0]}/confirm", password=PASSWORD).location == moved[0]
    assert contacts(product, moved[1])


def test_a_form_of_another_site_confirms_nothing(product: Product, moved: tuple[str, str]) -> None:
    someone = Person(product)
    someone.submit(moved[0])
    someone.http.headers["sec-fetch-site"] = "cross-site"
    assert someone.post(f"{moved[0]}/confirm", password=PASSWORD).status == 403
    assert contacts(product, moved[1])


@pytest.mark.parametrize("token", ["x", "a" * 64])
def test_a_forged_link_confirms_nothing(product: Product, token: str) -> None:
    someone = Person(product)
    assert someone.get(f"/account/undo/{token}/confirm").status == 422
