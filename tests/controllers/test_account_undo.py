"""Undoing a change by the link of the mail: once, within a week, and not by opening it."""

import re

import pytest

from tests.crowd import sql
from tests.holder import PASSWORD, message
from tests.owner import Owner, contacts, events, undo, undo_path
from tests.person import Person, new_email, new_phone
from tests.product import Product

DAYS_AGO = """
UPDATE contact_changes SET changed_at = clock_timestamp() - make_interval(days => $2)
WHERE new_value = $1
"""
NEW = {"phone": new_phone, "email": new_email}


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


@pytest.fixture(params=["phone", "email"])
def changed(request: pytest.FixtureRequest, owner: Owner) -> tuple[str, str]:
    """The kind that was changed, and its new value."""
    new = NEW[request.param]()
    owner.change(request.param, new)
    return request.param, new


def test_the_link_shows_a_button_and_changes_nothing(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    link, someone = undo_path(product, owner.email), Person(product)
    for _ in range(2):
        page = someone.get(link)
        assert page.status == 200
        assert "Undo the change of your" in page.heading
        assert ">Undo the change</button>" in page.html
    assert someone.http.head(link).status_code == 200
    assert contacts(product, changed[1])
    assert owner.get("/account").status == 200


def test_the_button_puts_the_old_value_back_and_signs_everybody_out(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    elsewhere, someone = Person(product), Person(product)
    email = changed[1] if changed[0] == "email" else owner.email
    elsewhere.submit("/login/password", email=email, password=PASSWORD)
    done = undo(someone, undo_path(product, owner.email))
    assert (done.status, done.heading) == (200, "The change was undone")
    assert 'href="/recovery/email"' in done.html
    assert contacts(product, owner.phone, owner.email, changed[1]) == [(owner.phone, owner.email)]
    for person in (owner, elsewhere):
        assert person.get("/account").location.startswith("/login")
    assert events(product, "account:change_undone", owner.phone) == 1


def test_everybody_concerned_is_told(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    undo(Person(product), undo_path(product, owner.email))
    for contact in (owner.phone, owner.email, changed[1]):
        told = message(product, contact, "was undone")
        assert ("://" in told.body) == (told.kind == "mail")


def test_it_works_once(product: Product, owner: Owner, changed: tuple[str, str]) -> None:
    link, someone = undo_path(product, owner.email), Person(product)
    undo(someone, link)
    for _ in range(2):
        assert someone.get(link).status == 200
        assert "It’s already undone." in someone.get(link).html
        assert (someone.get(link).alert, someone.get(link).heading) == (
            "",
            "The change was undone",
        )
        assert someone.post(link).location == link
    assert events(product, "account:change_undone", owner.phone) == 1


def test_it_works_for_a_week(product: Product, owner: Owner, changed: tuple[str, str]) -> None:
    link, someone = undo_path(product, owner.email), Person(product)
    someone.get(link)
    sql(product, DAYS_AGO, changed[1], 8)
    for late in (someone.post(link), someone.get(link)):
        assert late.status == 409
        assert "it worked for 7 days" in late.alert
    assert contacts(product, changed[1])
    sql(product, DAYS_AGO, changed[1], 6)
    assert undo(someone, link).heading == "The change was undone"


@pytest.mark.parametrize("by_newer", [False, True])
def test_of_two_changes_each_link_undoes_both(
    product: Product, owner: Owner, *, by_newer: bool
) -> None:
    owner.change("email", first := new_email())
    older = undo_path(product, owner.email)
    owner.change("email", new_email())
    assert "/account/undo/" not in message(product, first, "was changed").body
    newer, someone = undo_path(product, owner.email), Person(product)
    undo(someone, newer if by_newer else older)
    for link in (newer, older):
        assert someone.get(link).heading == "The change was undone"
        assert contacts(product, first, owner.email) == [(owner.phone, owner.email)]


def test_what_someone_else_has_by_now_is_left_out_and_the_rest_is_undone(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    link, someone, kind = undo_path(product, owner.email), Person(product), changed[0]
    Owner(product).change(kind, getattr(owner, kind))
    assert "belongs to another account now" in someone.get(link).html
    done = undo(someone, link)
    assert (done.status, "belongs to another account now" in done.html) == (200, True)
    assert "is back" not in done.html
    assert not owner.is_in
    left = (None, owner.email) if kind == "phone" else (owner.phone, None)
    assert contacts(product, *filter(None, left)) == [left]
    told = owner.email if kind == "phone" else changed[1]
    assert "from before is back" not in message(product, told, "was undone").body


def test_no_code_is_texted_to_a_number_that_someone_else_has_by_now(
    product: Product, owner: Owner
) -> None:
    owner.change("phone", new_phone())
    link, someone = undo_path(product, owner.email), Person(product)
    Owner(product).change("phone", owner.phone)
    page = someone.submit(link)
    assert "Text me a code" not in page.html
    had = len(product.codes_for(owner.phone))
    assert someone.post(f"{link}/confirm/code").status == 422
    assert len(product.codes_for(owner.phone)) == had


@pytest.mark.parametrize("token", ["x", "a" * 64, "ü", "A" * 2000, "%00", "..%2F.."])
def test_a_forged_link_ends_in_a_sentence(product: Product, token: str) -> None:
    person = Person(product)
    seen = person.get(f"/account/undo/{token}")
    assert seen.status in (404, 422)
    if seen.status == 422:
        assert "This link doesn’t work." in seen.alert
        assert person.post(f"/account/undo/{token}").status == 422


def test_one_changed_letter_forges_a_link(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    link, person = undo_path(product, owner.email), Person(product)
    for at in (-64, -40, -1):
        letters = [*link]
        letters[at] = "A" if letters[at] != "A" else "B"
        assert person.get("".join(letters)).status == 422
    assert contacts(product, changed[1])


def test_the_button_of_another_site_does_nothing(product: Product, owner: Owner) -> None:
    owner.change("phone", new := new_phone())
    link, someone = undo_path(product, owner.email), Person(product)
    someone.get(link)
    someone.http.headers["sec-fetch-site"] = "cross-site"
    refused = someone.post(link)
    assert refused.status == 403
    assert "Undo the change</button>" in refused.html
    assert contacts(product, new)


def test_a_deleted_accounts_link_ends_in_a_sentence(product: Product, owner: Owner) -> None:
    owner.change("phone", new := new_phone())
    link = undo_path(product, owner.email)
    sql(product, "DELETE FROM users WHERE phone = $1", new)
    assert Person(product).get(link).status == 422


def test_neither_log_nor_database_can_undo_anything(product: Product, owner: Owner) -> None:
    owner.change("phone", new_phone())
    link = undo_path(product, owner.email)
    undo(Person(product), link)
    token = link.rpartition("/")[2]
    assert token not in product.log.read_text()
    assert re.search(r'"path":"/account/undo/…"', product.log.read_text())
    for table in ("deliveries", "contact_changes", "audit_events"):
        assert (
            sql(product, f"SELECT 1 FROM {table} t WHERE t::text LIKE '%' || $1 || '%'", token)
            == []
        )
