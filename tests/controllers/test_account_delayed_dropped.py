"""What waits because it was asked for without the phone is dropped by whoever has proved more."""

import pytest

from tests.crowd import sql
from tests.holder import message
from tests.lost import OF, Lost
from tests.owner import contacts
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.recovering import NEW_PASSWORD

STOPPED = "SELECT event FROM audit_events WHERE event LIKE '%_stopped' AND user_id = "


@pytest.fixture
def lost(product: Product) -> Lost:
    """Someone without the phone has asked for another number and for another address."""
    lost = Lost(product)
    lost.confirm()
    lost.ask("phone", new_phone())
    lost.ask("email", new_email())
    assert len(lost.waiting()) == 2
    return lost


def stopped(lost: Lost) -> list[str]:
    return sorted(row["event"] for row in sql(lost.product, STOPPED + OF, lost.email))


def end_others(person: Person) -> None:
    person.get("/account/sessions")
    assert person.post("/account/sessions/revocation").status == 303


def test_a_proved_change_is_not_overruled_by_one_that_waited(lost: Lost) -> None:
    lost.submit("/account/phone", phone=(new := new_phone()))
    lost.submit("/account/phone-code", code=lost.product.code_for(new))
    assert lost.waiting() == []
    assert contacts(lost.product, lost.email) == [(new, lost.email)]
    assert stopped(lost) == ["account:email_change_stopped", "account:phone_change_stopped"]


def test_a_new_password_drops_what_waits(lost: Lost) -> None:
    assert lost.submit("/account/password", password=NEW_PASSWORD).path == "/account"
    assert (lost.waiting(), len(stopped(lost))) == ([], 2)
    assert lost.told("The change without your phone was stopped")
    assert message(lost.product, lost.phone, "was stopped on your")


@pytest.mark.parametrize("way", ["sign-up", "password"])
def test_ending_all_other_sessions_drops_what_waits(lost: Lost, way: str) -> None:
    end_others(lost if way == "sign-up" else lost.elsewhere())
    assert (lost.waiting(), len(stopped(lost))) == ([], 2)


def test_whoever_found_the_phone_drops_nothing_by_ending_sessions(lost: Lost) -> None:
    finder = lost.by_phone()
    end_others(finder)
    assert lost.browser.get("/account").status == 303
    assert (len(lost.waiting()), stopped(lost)) == (2, [])
