"""A number or address that is replaced takes along the sessions that a code to it alone opened."""

from time import sleep

import pytest

from tests.crowd import sql
from tests.holder import PASSWORD, message
from tests.lost import Lost
from tests.owner import Owner
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.sessions.mint import claims_of

BY_MAIL = "UPDATE sessions SET amr = '{otp,email}', opened_amr = '{otp,email}' WHERE id = $1"
ENDED = "SELECT revoked_reason FROM sessions WHERE id = $1"


def session_of(person: Person) -> str:
    return str(claims_of(person.http.cookies["access"])["sid"])


def change(person: Person, kind: str, value: str) -> None:
    had = len(person.product.codes_for(value))
    person.submit(f"/account/{kind}", **{kind: value})
    code = person.product.code_for(value, had)
    assert person.submit(f"/account/{kind}-code", code=code).path == "/account"


def is_in(person: Person) -> bool:
    return person.get("/account").status == 200


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner(product)


def test_who_came_by_the_old_number_alone_is_out(owner: Owner) -> None:
    thief, here, other = owner.by_phone(), owner.confirmed_elsewhere(), owner.elsewhere()
    session = session_of(thief)
    change(here, "phone", new_phone())
    assert not is_in(thief)
    assert sql(owner.product, ENDED, session)[0]["revoked_reason"] == "phone replaced"
    assert is_in(here)
    assert is_in(other)


def test_in_every_process_within_a_second(owner: Owner) -> None:
    thief, here = owner.by_phone(), owner.confirmed_elsewhere()
    assert is_in(thief)
    change(here, "phone", new_phone())
    sleep(1)
    assert not is_in(thief)


def test_who_has_shown_another_kind_since_stays(owner: Owner) -> None:
    other, here = owner.by_phone(), owner.confirmed_elsewhere()
    assert other.submit("/account/confirm", password=PASSWORD).path == "/account"
    change(here, "phone", new_phone())
    assert is_in(other)


def test_the_session_that_changes_it_stays_although_the_number_opened_it(owner: Owner) -> None:
    here = owner.by_phone()
    here.submit("/account/confirm", password=PASSWORD)
    change(here, "phone", new_phone())
    assert is_in(here)


def test_who_came_by_a_code_to_the_old_address_alone_is_out(owner: Owner) -> None:
    thief, by_phone, here = owner.elsewhere(), owner.by_phone(), owner.confirmed_elsewhere()
    sql(owner.product, BY_MAIL, session_of(thief))
    change(here, "email", new_email())
    assert not is_in(thief)
    assert is_in(by_phone)
    assert is_in(here)


def test_a_change_that_waited_for_its_day_does_it_too(product: Product) -> None:
    lost = Lost(product)
    thief = lost.by_phone()
    lost.confirm("/account/phone")
    lost.ask("phone", new_phone())
    assert is_in(thief)
    lost.day_passes()
    assert not is_in(thief)
    assert is_in(lost.browser)


@pytest.mark.parametrize("kind", ["phone", "email"])
def test_the_notice_tells_of_it(owner: Owner, kind: str) -> None:
    here, value = owner.confirmed_elsewhere(), new_phone() if kind == "phone" else new_email()
    change(here, kind, value)
    told = " ".join(message(owner.product, owner.email, "/account/undo/").body.split())
    assert "no longer opens it, and sessions opened with a code to it have ended." in told
