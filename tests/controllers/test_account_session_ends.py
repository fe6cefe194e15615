"""Whoever holds one factor alone does not end the owner's sessions again and again."""

import pytest

from tests.crowd import at_once, sql
from tests.holder import Holder, confirm_by_code
from tests.person import Person
from tests.product import Product
from tests.sessions.mint import claims_of

HERE, OTHERS = "/account/sessions", "/account/sessions/revocation"
HOUR_AGO = """
UPDATE audit_events SET at = at - interval '61 minutes'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
FREE = 5


def this_one(person: Person) -> str:
    session = claims_of(person.http.cookies["access"])["sid"]
    return f"/account/sessions/{session}/revocation"


def press(person: Person, path: str = OTHERS) -> str:
    """Where the button leads."""
    person.get(HERE)
    seen = person.post(path)
    assert seen.status == 303
    return seen.location


def kick_often(thief: Person, owner: Holder) -> None:
    for _ in range(FREE):
        owner.elsewhere()
        assert press(thief) == HERE


@pytest.fixture
def owner(product: Product) -> Holder:
    return Holder(product)


def asks(path: str) -> str:
    return f"/account/confirm?return_to={path}"


def test_by_the_number_alone_others_are_ended_five_times_an_hour(owner: Holder) -> None:
    thief = owner.by_phone()
    kick_often(thief, owner)
    here = owner.elsewhere()
    assert press(thief) == asks(OTHERS)
    assert press(thief, this_one(here)) == asks(this_one(here))
    assert here.get("/account").status == 200
    assert confirm_by_code(here, owner.phone).path == "/account"


def test_ending_them_one_by_one_counts_as_well(owner: Holder) -> None:
    thief = owner.by_phone()
    for _ in range(FREE):
        assert press(thief, this_one(owner.elsewhere())) == HERE
    last = owner.elsewhere()
    assert press(thief, this_one(last)) == asks(this_one(last))
    assert press(thief) == asks(OTHERS)
    assert last.get("/account").status == 200


def test_all_sessions_of_the_account_share_them(owner: Holder) -> None:
    thief = owner.by_phone()
    kick_often(thief, owner)
    assert press(owner.by_phone()) == asks(OTHERS)


def test_a_confirmed_session_ends_the_others_however_often_it_was_done(owner: Holder) -> None:
    thief = owner.by_phone()
    kick_often(thief, owner)
    here = owner.confirmed_elsewhere()
    for _ in range(FREE + 2):
        other = owner.elsewhere()
        assert press(here) == HERE
        assert other.get("/account").status == 303
    assert thief.get("/account").status == 303


def test_what_a_confirmed_session_ends_leaves_the_free_ones(owner: Holder) -> None:
    here = owner.confirmed_elsewhere()
    for _ in range(FREE):
        owner.elsewhere()
        press(here)
    other = owner.elsewhere()
    assert press(other) == HERE


def test_its_own_session_is_always_ended(owner: Holder) -> None:
    thief = owner.by_phone()
    kick_often(thief, owner)
    leaving, listed = owner.elsewhere(), owner.elsewhere()
    leaving.get("/account")
    assert leaving.post("/logout").location == "/"
    assert press(listed, this_one(listed)) == HERE
    assert listed.get("/account").status == 303


def test_where_there_is_nothing_to_end_nothing_is_counted(owner: Holder) -> None:
    here = owner.by_phone()
    for _ in range(FREE + 2):
        assert press(here) == HERE


def test_after_an_hour_there_are_free_ones_again(owner: Holder) -> None:
    thief = owner.by_phone()
    kick_often(thief, owner)
    sql(owner.product, HOUR_AGO, owner.email)
    owner.elsewhere()
    assert press(thief) == HERE


def test_many_at_once_end_no_more(owner: Holder) -> None:
    thief, others = owner.by_phone(), [owner.elsewhere() for _ in range(FREE + 4)]
    thief.get(HERE)
    form = {"csrf_token": thief.token()}
    answers = at_once([(thief, this_one(other), form) for other in others])
    led = [answer.headers["location"] for answer in answers]
    assert led.count(HERE) == FREE
    assert sum(other.get("/account").status == 200 for other in others) == len(others) - FREE
