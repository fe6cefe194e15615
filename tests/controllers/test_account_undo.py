"""Undoing a change by the link of the mail: once, within a week, and not by opening it."""

import re

import pytest

from tests.crowd import sql
from tests.holder import PASSWORD, message
from tests.owner import Owner, contacts, events, undo_path
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
    link, somebody = undo_path(product, owner.email), Person(product)
    for _ in range(2):
        page = somebody.get(link)
        assert page.status == 200
        assert "Undo the change of your" in page.heading
        assert ">Undo the change</button>" in page.html
    assert somebody.http.head(link).status_code == 200
    assert contacts(product, changed[1])
    assert owner.get("/account").status == 200


def test_the_button_puts_the_old_value_back_and_signs_everybody_out(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    elsewhere, somebody = Person(product), Person(product)
    email = changed[1] if changed[0] == "email" else owner.email
    elsewhere.submit("/login/password", email=email, password=PASSWORD)
    done = somebody.submit(undo_path(product, owner.email))
    assert (done.status, done.heading) == (200, "The change is undone")
    assert 'href="/recovery/email"' in done.html
    assert contacts(product, owner.phone, owner.email, changed[1]) == [(owner.phone, owner.email)]
    for person in (owner, elsewhere):
        assert person.get("/account").location.startswith("/login")
    assert events(product, "account:change_undone", owner.phone) == 1


def test_everybody_concerned_is_told(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    Person(product).submit(undo_path(product, owner.email))
    for contact in (owner.phone, owner.email, changed[1]):
        told = message(product, contact, "was undone")
        assert ("://" in told.body) == (told.kind == "mail")


def test_it_works_once(product: Product, owner: Owner, changed: tuple[str, str]) -> None:
    link, somebody = undo_path(product, owner.email), Person(product)
    somebody.submit(link)
    for _ in range(2):
        assert somebody.get(link).status == 200
        assert "It was undone already." in somebody.get(link).html
        assert (somebody.get(link).alert, somebody.get(link).heading) == (
            "",
            "The change is undone",
        )
        assert somebody.post(link).location == link
    assert events(product, "account:change_undone", owner.phone) == 1


def test_it_works_for_a_week(product: Product, owner: Owner, changed: tuple[str, str]) -> None:
    link, somebody = undo_path(product, owner.email), Person(product)
    somebody.get(link)
    sql(product, DAYS_AGO, changed[1], 8)
    for late in (somebody.post(link), somebody.get(link)):
        assert late.status == 409
        assert "This link worked for 7 days" in late.alert
    assert contacts(product, changed[1])
    sql(product, DAYS_AGO, changed[1], 6)
    assert somebody.submit(link).heading == "The change is undone"


def test_of_two_changes_the_newer_is_undone_first(product: Product, owner: Owner) -> None:
    owner.change("email", first := new_email())
    older = undo_path(product, owner.email)
    owner.change("email", new_email())
    assert "/account/undo/" not in message(product, first, "was changed").body
    newer, somebody = undo_path(product, owner.email), Person(product)
    overtaken = somebody.submit(older)
    assert overtaken.status == 409
    assert "It was changed once more after that." in overtaken.alert
    for link, back in ((newer, first), (older, owner.email)):
        assert somebody.submit(link).status == 200
        assert contacts(product, back) == [(owner.phone, back)]


def test_what_somebody_else_has_by_now_cannot_come_back(
    product: Product, owner: Owner, changed: tuple[str, str]
) -> None:
    link, somebody, kind = undo_path(product, owner.email), Person(product), changed[0]
    somebody.get(link)
    Owner(product).change(kind, getattr(owner, kind))
    refused = somebody.post(link)
    assert refused.status == 409
    assert "belongs to another account by now" in refused.alert
    assert somebody.get(link).status == 409


@pytest.mark.parametrize("token", ["x", "a" * 64, "ü", "A" * 2000, "%00", "..%2F.."])
def test_a_forged_link_ends_in_a_sentence(product: Product, token: str) -> None:
    person = Person(product)
    seen = person.get(f"/account/undo/{token}")
    assert seen.status in (404, 422)
    if seen.status == 422:
        assert "This link does not work." in seen.alert
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
    link, somebody = undo_path(product, owner.email), Person(product)
    somebody.get(link)
    somebody.http.headers["sec-fetch-site"] = "cross-site"
    refused = somebody.post(link)
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
    Person(product).submit(link)
    token = link.rpartition("/")[2]
    assert token not in product.log.read_text()
    assert re.search(r'"path":"/account/undo/…"', product.log.read_text())
    for table in ("deliveries", "contact_changes", "audit_events"):
        assert (
            sql(product, f"SELECT 1 FROM {table} t WHERE t::text LIKE '%' || $1 || '%'", token)
            == []
        )
