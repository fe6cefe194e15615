"""The end of an account: proved, told, complete, and with everything free again."""

import pytest

from tests.crowd import sql
from tests.holder import PASSWORD, Holder
from tests.person import Person
from tests.product import Product

KEPT = "SELECT event, network FROM audit_events WHERE user_id = $1"
USER = "SELECT id FROM users WHERE email = $1"


@pytest.fixture
def holder(product: Product) -> Holder:
    return Holder(product)


def deleted(holder: Holder) -> None:
    gone = holder.submit("/account/deletion", password=PASSWORD)
    assert (gone.status, gone.path) == (200, "/")
    assert "Your account was deleted." in gone.html


def test_everybody_is_out_at_once(holder: Holder) -> None:
    other = holder.elsewhere()
    kept = dict(holder.http.cookies)
    deleted(holder)
    holder.http.cookies.update({name: kept[name] for name in ("access", "refresh")})
    assert holder.get("/account").location.startswith("/login")
    assert other.get("/account").location.startswith("/login")


def test_phone_and_address_are_free_again(holder: Holder) -> None:
    deleted(holder)
    refused = Person(holder.product).submit(
        "/login/password", email=holder.email, password=PASSWORD
    )
    assert refused.status == 422
    again = Person(holder.product)
    assert again.sign_up(holder.phone, holder.email).path == "/signup/done"
    assert len(sql(holder.product, USER, holder.email)) == 1


def test_what_was_proved_for_it_makes_no_other_account(holder: Holder) -> None:
    deleted(holder)
    again = Person(holder.product)
    again.give_phone(holder.phone)
    assert again.give_phone_code(holder.phone).path == "/signup/email"


def test_the_trail_stays_and_names_nobody(holder: Holder) -> None:
    [user] = sql(holder.product, USER, holder.email)
    deleted(holder)
    kept = sql(holder.product, KEPT, user["id"])
    assert "account:deleted" in [row["event"] for row in kept]
    assert {row["network"] for row in kept} == {None}


def test_the_owner_is_told_by_mail(holder: Holder) -> None:
    deleted(holder)
    assert "deleted" in holder.told("Your account was deleted").body


@pytest.mark.parametrize("fields", [{}, {"password": "not the right one"}, {"code": "123456"}])
def test_an_old_proof_deletes_nothing(holder: Holder, fields: dict[str, str]) -> None:
    holder.let_proof_age()
    seen = holder.submit("/account/deletion", **fields)
    assert seen.status == 422
    assert seen.alert != ""
    assert holder.get("/account").status == 200


def test_a_wrong_password_deletes_nothing_however_fresh_the_proof(holder: Holder) -> None:
    seen = holder.submit("/account/deletion", password="not the right one")
    assert (seen.status, holder.get("/account").status) == (422, 200)


def test_the_password_is_proof_enough(holder: Holder) -> None:
    holder.let_proof_age()
    deleted(holder)
