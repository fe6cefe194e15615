"""The same form twice, by a double click or ten at once: one message, and one answer for all."""

from collections.abc import Iterator

import pytest
from redis import Redis

from tests.controllers.conftest import Limited
from tests.crowd import answers, post_at_once, sql
from tests.person import Person, Seen, new_email, new_phone

HERE = "/signup/phone-code"


@pytest.fixture
def silent(limited: Limited) -> Iterator[Limited]:
    """Whose short memory has gone silent."""
    limited.valkey.stop()
    yield limited
    limited.bring_back()


def waiting_for_a_code(limited: Limited, phone: str, seconds: int = 31) -> Person:
    """Since so many seconds."""
    person = limited.visitor()
    person.give_phone(phone)
    limited.product.code_for(phone)
    later(limited, phone, seconds)
    return person


def later(limited: Limited, phone: str, seconds: int) -> None:
    """As if so much time had passed since whatever was sent to the number."""
    for table, column, whose in (
        ("phone_verifications", "created_at", "phone"),
        ("phone_verifications", "expires_at", "phone"),
        ("deliveries", "created_at", "destination"),
    ):
        age = f"UPDATE {table} SET {column} = {column} - interval '{seconds} seconds'"
        sql(limited.product, f"{age} WHERE {whose} = $1", phone)


def few_seconds_pass(limited: Limited, phone: str) -> None:
    later(limited, phone, 6)
    with Redis.from_url(limited.valkey.url) as memory:
        memory.delete(*memory.keys("*once:*"))


def too_soon(seen: Seen, most: int) -> bool:
    wait = int(seen.response.headers.get("retry-after", 0))
    return seen.status == 429 and most - 10 < wait <= most


def test_ten_presses_at_once_send_the_text_once_more(limited: Limited) -> None:
    phone = new_phone()
    person = waiting_for_a_code(limited, phone)
    limited.flush()
    given = post_at_once(person, f"{HERE}/resend", 10)
    assert answers(given) == {f"303 {HERE}": 10}
    assert all("notice=sent-again" in str(answer.headers) for answer in given)
    assert limited.texts(phone) == 2
    assert person.post(f"{HERE}/resend").location == HERE
    assert limited.texts(phone) == 2
    few_seconds_pass(limited, phone)
    assert too_soon(person.post(f"{HERE}/resend"), 60)


def test_ten_presses_for_a_new_code_send_one(limited: Limited) -> None:
    phone = new_phone()
    person = waiting_for_a_code(limited, phone, 9 * 60)
    limited.flush()
    assert answers(post_at_once(person, f"{HERE}/resend", 10)) == {f"303 {HERE}": 10}
    assert person.post(f"{HERE}/resend").location == HERE
    assert limited.texts(phone) == 2


def test_ten_presses_too_early_are_all_told_the_wait(limited: Limited) -> None:
    person, phone = limited.visitor(), new_phone()
    person.give_phone(phone)
    given = post_at_once(person, f"{HERE}/resend", 10)
    assert answers(given) == {"429": 10}
    assert too_soon(person.post(f"{HERE}/resend"), 30)
    assert limited.texts(phone) == 1


def test_without_the_memory_the_same_phone_form_is_answered_alike(silent: Limited) -> None:
    person, phone = silent.visitor(), new_phone()
    person.get("/signup/phone")
    given = post_at_once(person, "/signup/phone", 10, phone=phone)
    assert answers(given) == {f"303 {HERE}": 10}
    person.get("/signup/phone?change")
    assert person.post("/signup/phone", phone=phone).location == HERE
    assert silent.texts(phone) == 1
    other = silent.visitor()
    refused = other.submit("/signup/phone", phone=phone)
    assert (refused.status, "retry-after" in refused.response.headers) == (429, True)
    assert other.get(HERE).location == "/signup/phone"


def test_without_the_memory_the_same_mail_form_is_answered_alike(silent: Limited) -> None:
    person, phone, email = silent.visitor(), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    given = post_at_once(person, "/signup/email", 5, email=email)
    assert answers(given) == {"303 /signup/email-code": 5}
    assert silent.texts(email) == 1


def test_without_the_memory_presses_at_once_are_answered_alike(silent: Limited) -> None:
    phone = new_phone()
    person = waiting_for_a_code(silent, phone)
    assert answers(post_at_once(person, f"{HERE}/resend", 10)) == {f"303 {HERE}": 10}
    assert person.post(f"{HERE}/resend").location == HERE
    assert silent.texts(phone) == 2
    later(silent, phone, 10)
    assert too_soon(person.post(f"{HERE}/resend"), 50)
    assert silent.texts(phone) == 2


def test_without_the_memory_a_press_too_early_is_told_the_wait(silent: Limited) -> None:
    person, phone = silent.visitor(), new_phone()
    person.give_phone(phone)
    assert too_soon(person.post(f"{HERE}/resend"), 30)
    assert silent.texts(phone) == 1
