"""A call counts as three texts, wherever what was sent is counted, and gives as much back."""

from collections.abc import Callable

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_signup_limits import ENOUGH, SENT, ask, outcome, refusal
from tests.crowd import sql
from tests.faults.staged import until
from tests.person import Person, new_phone

UNDER_WAY = "SELECT 1 FROM deliveries WHERE state IN ('queued', 'sending')"
FAILED = "UPDATE deliveries SET state = 'failed' WHERE destination = $1"
CALL = "/signup/phone-code/call"

COUNTED_BY: dict[str, Callable[[Limited], None]] = {
    "Redis": lambda limited: limited.age_memory(),
    "PostgreSQL": lambda limited: limited.flush(),
}
by_each = pytest.mark.parametrize("counts", COUNTED_BY.values(), ids=COUNTED_BY)


def called(limited: Limited, phone: str) -> Person:
    """Somebody whose text has failed, and who was called."""
    person = limited.visitor()
    assert outcome(ask(person, phone)) == SENT
    until(lambda: not sql(limited.product, UNDER_WAY))
    sql(limited.product, FAILED, phone)
    person.get("/signup/phone-code")
    assert person.post(CALL).location == "/signup/phone-code"
    return person


@by_each
def test_of_a_block_there_is_room_for_one_more_text(
    limited: Limited, counts: Callable[[Limited], None]
) -> None:
    limited.age_memory()
    block = new_phone()[:-4]
    called(limited, f"{block}0000")
    counts(limited)
    assert outcome(ask(limited.visitor(), f"{block}0001")) == SENT
    assert refusal(ask(limited.visitor(), f"{block}0002")) == (429, None, ENOUGH)


@by_each
def test_a_block_gets_all_of_it_back_once_the_code_is_entered(
    limited: Limited, counts: Callable[[Limited], None]
) -> None:
    limited.age_memory()
    block = new_phone()[:-4]
    person = called(limited, f"{block}0000")
    code = limited.product.code_for(f"{block}0000", beyond=1)
    assert person.submit("/signup/phone-code", code=code).path == "/signup/email"
    counts(limited)
    for last in range(1, 6):
        assert outcome(ask(limited.visitor(), f"{block}000{last}")) == SENT
    assert refusal(ask(limited.visitor(), f"{block}0006")) == (429, None, ENOUGH)


def test_one_number_gets_one_call_an_hour_and_no_second_by_another_flow(limited: Limited) -> None:
    phone, other = new_phone(), limited.visitor()
    called(limited, phone)
    limited.wait(300)
    assert outcome(ask(other, phone)) == SENT
    until(lambda: not sql(limited.product, UNDER_WAY))
    sql(limited.product, FAILED, phone)
    other.get("/signup/phone-code")
    assert other.post(CALL).status == 429
    assert limited.texts(phone) == 3


def test_after_two_texts_from_one_address_there_is_no_room_for_a_call(limited: Limited) -> None:
    person, phone = limited.visitor(), new_phone()
    ask(person, phone)
    limited.wait(31)
    assert '<form class="call"' in person.get("/signup/phone-code").html
    person.post("/signup/phone-code/resend")
    limited.wait(61)
    assert '<form class="call' not in person.get("/signup/phone-code").html
    refused = person.post(CALL)
    assert (refused.status, limited.texts(phone)) == (409, 2)
    assert "We can’t call you with this code right now." in refused.alert


def test_the_page_says_how_much_is_left_after_a_call(limited: Limited) -> None:
    person = called(limited, new_phone())
    assert "You can’t send another this hour." in person.get("/signup/phone-code").html
