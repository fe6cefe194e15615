"""Each row of the table of limits, asked for by 200 at once in two processes."""

import asyncio
from collections.abc import Iterator
from dataclasses import fields
from itertools import islice
from pathlib import Path

import pytest
from redis import Redis as Client

from app.domain.limits import LimitTable
from tests.asking import BY_TALLY, Pair, running_pair
from tests.sends import EMPTY, SENDS
from tests.stores import Stores, execute
from tests.valkeys import Valkey, running_valkey

TESTS = Path(__file__).parents[1]
MOST, BEFORE = 10, 4
SENT = "SELECT count(*) FROM deliveries WHERE room <> 'withheld'"
STATES = ["there", "flushed", "evicting", "slow", "stopped"]
# Of a session only the short memory knows; without it the number's or the mailbox's limit holds.
CASES = [
    (state, name)
    for state in STATES
    for name in SENDS
    if state == "there" or not name.endswith("_per_session")
]
# Counted in rows of their own, or arithmetic: which test holds each.
HELD_BY = {
    "pressure": "domain/test_pressure.py::test_pressure_has_steps",
    "conversion_breaker": "domain/test_pressure.py::test_the_breaker_opens_below_a_tenth",
    "raised_regions": "domain/test_limits.py::test_a_region_may_be_raised_and_only_that_one",
    "wrong_passwords_per_account": "controllers/test_login_limits.py::"
    "test_after_ten_wrong_ones_of_strangers_each_further_one_doubles_the_wait",
    "wrong_passwords_per_account_and_address": "controllers/test_login_limits.py::"
    "test_of_fifty_at_once_five_are_looked_at",
    "refreshes_per_session": "sessions/test_refresh.py::test_thirty_rotations_a_minute_and_no_more",
    "new_passwords": "controllers/test_new_passwords_counted.py::"
    "test_of_many_at_once_no_more_are_looked_at",
    "changes_per_account": "controllers/test_account_notices.py::"
    "test_an_account_is_changed_ten_times_a_day",
    "delayed_changes_per_account": "controllers/test_account_notices.py::"
    "test_what_waits_is_asked_for_ten_times_a_day",
    "password_changes_per_account": "controllers/test_account_notices.py::"
    "test_an_account_is_changed_ten_times_a_day",
    "session_ends_per_account": "controllers/test_account_session_ends.py::"
    "test_many_at_once_end_no_more",
    "wrong_codes_per_contact": "controllers/test_signup_guesses.py::"
    "test_ten_wrong_guesses_lock_the_number_for_everybody",
    "wrong_codes_per_contact_and_address": "controllers/test_guess_shares.py::"
    "test_many_at_once_from_one_address_share_its_five",
    "wrong_codes_per_held_contact": "controllers/test_signup_locked.py::"
    "test_after_a_hundred_in_a_row_strangers_have_five_a_day_and_are_told_the_wait",
    "wrong_codes_per_held_contact_and_address": "controllers/test_guess_shares.py::"
    "test_of_the_few_of_a_held_number_one_address_has_two",
}


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with running_valkey() as running:
        yield running


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture(scope="module")
def pair(url: str, valkey: Valkey) -> Iterator[Pair]:
    with running_pair(url, valkey.url) as running:
        yield running


@pytest.fixture(autouse=True)
def empty(url: str, valkey: Valkey) -> None:
    """Nothing was sent yet, and the short memory knows that: it has been counting for days."""
    asyncio.run(execute(url, EMPTY))
    valkey.ask("FLUSHALL")
    valkey.ask("SET", "{latchkey}:counting_since", 0)
    valkey.ask("SET", "{latchkey}:evicted", valkey.ask("INFO", "stats")["evicted_keys"])


def break_memory(valkey: Valkey, state: str) -> None:
    match state:
        case "flushed":
            valkey.ask("FLUSHALL")
        case "evicting":
            with Client.from_url(valkey.url) as client:
                keys = [*client.scan_iter("*texts:*"), *client.scan_iter("*mails:*")]
                valkey.forget_one(min(keys, key=client.pttl).decode())
            valkey.set_up(maxmemory=0)
        case "slow":
            valkey.ask("CLIENT", "PAUSE", 20_000, "WRITE")


def count_sent(url: str) -> int:
    [row] = asyncio.run(execute(url, SENT))
    return int(row["count"])


def test_each_row_of_the_table_has_a_case() -> None:
    rows = {each.name for each in fields(LimitTable)}
    assert rows == SENDS.keys() | HELD_BY.keys() | {*BY_TALLY}
    for file, _, test in (case.partition("::") for case in HELD_BY.values()):
        assert f"def {test}(" in (TESTS / file).read_text()


@pytest.mark.parametrize(("state", "name"), CASES)
def test_of_two_hundred_sends_at_once_no_more_are_sent_than_a_limit_says(
    pair: Pair, url: str, valkey: Valkey, state: str, name: str
) -> None:
    """One less, as many, and one more; whatever happens to Redis before the last of them."""
    numbers, silent = iter(range(1, 999)), state == "stopped"
    sent = pair.ask(name, islice(numbers, MOST - 1 if state == "there" else BEFORE), MOST)
    if not name.endswith("_per_session"):  # of which only one at a time begins another code
        assert sent == (MOST - 1 if state == "there" else BEFORE)
    break_memory(valkey, state)
    sent += pair.ask(name, islice(numbers, 200 if state == "there" else 20), MOST, silent)
    valkey.ask("CLIENT", "UNPAUSE")
    while sent < MOST:  # where PostgreSQL was too busy for some of them
        sent += pair.ask(name, islice(numbers, 1), MOST, silent)
    assert pair.ask(name, islice(numbers, 1), MOST, silent) == 0
    assert count_sent(url) == MOST


@pytest.mark.parametrize("name", BY_TALLY)
def test_of_two_hundred_others_at_once_no_more_are_let_through(pair: Pair, name: str) -> None:
    most = min(most for _, most in getattr(LimitTable(), name).windows)
    assert pair.ask(name, range(most - 1)) == most - 1
    assert pair.ask(name, range(most, most + 2)) == 1
    assert pair.ask(name, range(most + 2, most + 202)) == 0
