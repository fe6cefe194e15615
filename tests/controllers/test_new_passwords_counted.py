"""New passwords are counted where nothing is forgotten: with the short memory emptied or away."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import post_at_once, sql
from tests.faults.staged import locked, until
from tests.person import Person, new_email, new_phone

FORM, MOST = "/signup/password", 10
COUNTED = """
SELECT wrong, counted_since FROM password_budgets WHERE device = 'new'
ORDER BY counted_since DESC LIMIT 1
"""
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
HOUR_AGO = """
UPDATE password_budgets SET counted_since = counted_since - interval '61 minutes'
WHERE device = 'new'
"""


@pytest.fixture
def person(limited: Limited) -> Person:
    """At the last step of a sign-up."""
    person, phone, email = limited.visitor(), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    assert person.give_email_code(email).path == FORM
    return person


def tried(person: Person, times: int, word: str = "Summer") -> list[int]:
    """What each of so many easily guessed ones is answered with."""
    return [person.post(FORM, password=f"{word}20{n:02d}!!!").status for n in range(times)]


def test_flushed_it_does_not_start_again(limited: Limited, person: Person) -> None:
    assert tried(person, MOST) == [422] * MOST
    limited.flush()
    refused = person.post(FORM, password="seven tidy otters juggle")
    assert refused.status == 429
    assert "You’ve tried a lot of new passwords." in refused.alert


def test_it_holds_without_the_short_memory(limited: Limited, person: Person) -> None:
    limited.valkey.stop()
    try:
        assert tried(person, MOST + 5) == [422] * MOST + [429] * 5
    finally:
        limited.bring_back()


def test_an_hour_after_the_first_there_are_as_many_again(limited: Limited, person: Person) -> None:
    tried(person, MOST + 1)
    sql(limited.product, HOUR_AGO)
    limited.flush()
    assert tried(person, MOST + 1, "Winter") == [422] * MOST + [429]


def test_of_many_at_once_no_more_are_looked_at(limited: Limited, person: Person) -> None:
    forms = [{"password": f"Summer20{n:02d}!!!"} for n in range(MOST + 4)]
    statuses = [answer.status_code for answer in post_at_once(person, FORM, 1, *forms)]
    assert (statuses.count(422), statuses.count(429)) == (MOST, 4)


def test_the_same_form_at_once_counts_once(limited: Limited, person: Person) -> None:
    """The first is held up at its count until all have arrived, so that it depends on no clock."""
    with ThreadPoolExecutor(1) as thread:
        with locked(limited.product.env["DATABASE_URL"], "password_budgets"):
            posted = thread.submit(post_at_once, person, FORM, 12, password="Summer2026!!!")
            until(lambda: sql(limited.product, WAITING)[0]["count"] > 0)
            sleep(1)  # less than a statement may wait
        answers = posted.result()
    assert [answer.status_code for answer in answers] == [422] * 12
    assert sql(limited.product, COUNTED)[0]["wrong"] <= 3


def test_no_contact_is_kept_with_the_count(limited: Limited, person: Person) -> None:
    tried(person, 1)
    [row] = sql(
        limited.product, "SELECT subject FROM password_budgets WHERE device = 'new' LIMIT 1"
    )
    assert len(row["subject"]) == 16
