"""The table of limits, who is counted, and how a wait is told."""

from dataclasses import fields

import pytest

from app.domain.limit_refusals import TooManyGuesses, TooSoon, name_limit
from app.domain.limits import DAY, HOUR, MINUTE, Budget, Limit, LimitTable, Origin
from app.domain.metrics import LIMITS
from app.domain.moments import Wait
from app.domain.ports import Tally, Window

WORDS = [
    (1, "1 second"),
    (2, "2 seconds"),
    (30, "30 seconds"),
    (59, "59 seconds"),
    (60, "1 minute"),
    (61, "61 seconds"),
    (119, "119 seconds"),
    (120, "2 minutes"),
    (121, "3 minutes"),
    (300, "5 minutes"),
    (3599, "60 minutes"),
    (3600, "1 hour"),
    (3601, "61 minutes"),
    (7199, "120 minutes"),
    (7200, "2 hours"),
    (7201, "3 hours"),
    (86_400, "24 hours"),
    (0, "1 second"),
    (-5, "1 second"),
]
ORIGINS = [
    ("203.0.113.7", "203.0.113.7/32", "203.0.113.0/24"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
    ("2001:db8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48"),
    ("255.255.255.255", "255.255.255.255/32", "255.255.255.0/24"),
    ("::1", "::/64", "::/48"),
]


@pytest.mark.parametrize(("seconds", "words"), WORDS)
def test_a_wait_is_told_as_people_say_it(seconds: int, words: str) -> None:
    assert str(Wait(seconds)) == f"in {words}"


@pytest.mark.parametrize(("ip", "address", "network"), ORIGINS)
def test_an_origin_is_as_coarse_as_it_is_counted(ip: str, address: str, network: str) -> None:
    assert Origin.of(ip) == Origin(address, network)


@pytest.mark.parametrize(("ip", "address", "network"), ORIGINS)
def test_a_share_is_that_of_a_v4_address_or_of_a_v6_network(
    ip: str, address: str, network: str
) -> None:
    assert Origin.of(ip).share == (network if ":" in ip else address)


def test_the_limits_of_messages_are_those_that_were_promised() -> None:
    table = LimitTable()
    assert table.texts_per_number == Limit(((HOUR, 5), (DAY, 10)), (30, 60, 120, 300))
    assert table.texts_per_block == Limit(((HOUR, 5), (DAY, 20)))
    assert table.strangers_per_region == Budget(100, 200, 30)
    assert table.mailed_per_region == Budget(100, 200, 30)
    assert table.accounts_per_region == Budget(300, 1000, 50)
    assert table.known_per_region == Budget(300, 1000, 50)
    assert table.texts_in_all == Limit(())
    assert table.texts_per_address == Limit(((HOUR, 10), (DAY, 30)))
    assert table.texts_per_network == Limit(((HOUR, 50),))
    assert table.mails_per_mailbox == Limit(((HOUR, 5), (DAY, 10)), (60,))
    assert table.mails_per_address == Limit(((HOUR, 20),))
    assert table.mails_per_network == Limit(((HOUR, 100),))
    assert table.mails_in_all == Limit(((DAY, 5000),))


def test_the_other_limits_are_those_that_were_promised() -> None:
    table = LimitTable()
    assert table.wrong_codes_per_address == Limit(((HOUR, 30),))
    assert table.wrong_codes_per_network == Limit(((HOUR, 150),))
    assert table.wrong_codes_per_contact == Limit(((HOUR, 10), (DAY, 20)))
    assert table.wrong_codes_per_held_contact == Limit(((DAY, 5),))
    assert table.wrong_passwords_per_address == Limit(((15 * MINUTE, 20),))
    assert table.wrong_passwords_per_network == Limit(((15 * MINUTE, 100),))
    accounts = (table.accounts_per_address, table.accounts_per_network)
    assert accounts == (Limit(((15 * MINUTE, 10),)), Limit(((15 * MINUTE, 50),)))
    assert table.refreshes_per_session == Limit(((MINUTE, 30),))
    grants = (table.refused_grants_per_address, table.refused_grants_per_network)
    assert grants == (Limit(((15 * MINUTE, 20),)), Limit(((15 * MINUTE, 100),)))
    assert table.session_ends_per_account == Limit(((HOUR, 5),))
    identities = (table.new_identities_per_address, table.new_identities_per_network)
    assert identities == (Limit(((HOUR, 60),)), Limit(((HOUR, 300),)))
    assert table.languages_per_account == Limit(((HOUR, 20),))
    assert table.kept_calls_per_address == Limit(((HOUR, 300),))
    assert table.texts_per_proved_mailbox == Limit(((DAY, 4),))
    assert table.kept_numbers_per_network == Limit(((HOUR, 500),))
    assert table.signups_per_mail_domain == Limit(((DAY, 20),))
    assert table.new_numbers_per_account == Limit(((DAY, 20),))
    assert len(fields(table)) == 51


def test_changes_of_each_kind_are_counted_apart() -> None:
    table = LimitTable()
    assert table.changes_per_account == Limit(((DAY, 10),))
    assert table.delayed_changes_per_account == Limit(((DAY, 10),))
    assert table.password_changes_per_account == Limit(((DAY, 10),))
    assert table.session_ends_per_account == Limit(((HOUR, 5),))


def test_a_session_has_limits_of_its_own_for_the_accounts_contacts() -> None:
    table = LimitTable()
    assert table.texts_per_session == Limit(((HOUR, 5), (DAY, 10)), (30, 60, 120, 300))
    assert table.texts_per_own_number == Limit(((HOUR, 15), (DAY, 30)))
    assert table.mails_per_session == Limit(((HOUR, 5), (DAY, 10)), (60,))
    assert table.mails_per_own_mailbox == Limit(((HOUR, 15), (DAY, 30)))


def test_one_address_has_less_than_all_of_a_contacts_limit() -> None:
    table = LimitTable()
    assert table.texts_per_number_and_address == Limit(((HOUR, 4), (DAY, 8)))
    assert table.texts_per_block_and_address == Limit(((HOUR, 4), (DAY, 16)))
    assert table.mails_per_mailbox_and_address == Limit(((HOUR, 4), (DAY, 8)))
    assert table.wrong_passwords_per_account == Limit(((15 * MINUTE, 10),))
    assert table.wrong_passwords_per_account_and_address == Limit(((15 * MINUTE, 5),))
    assert table.wrong_codes_per_contact_and_address == Limit(((HOUR, 5), (DAY, 8)))
    assert table.wrong_codes_per_held_contact_and_address == Limit(((DAY, 2),))


def test_a_region_may_be_raised_and_only_that_one() -> None:
    table = LimitTable(raised_regions={"US": 5000, "FR": 0})
    assert table.strangers_in("US") == Budget(2500, 5000, 30)
    assert table.strangers_in("FR").limit(900, 9000) == Limit(((HOUR, 0), (DAY, 0)))
    assert table.strangers_in("SE") == LimitTable().strangers_per_region


def test_a_limit_is_counted_under_its_key() -> None:
    limit = Limit(((HOUR, 5), (DAY, 10)), waits=(30,))
    assert limit.tally("k") == Tally("k", (Window(HOUR, 5), Window(DAY, 10)), (30,))


def test_a_wait_is_told_in_words_and_in_seconds() -> None:
    assert (str(TooSoon(18).message), TooSoon(18).retry_after) == (
        "You can ask again in 18 seconds.",
        18,
    )
    assert TooManyGuesses(61).retry_after == 120
    assert "Try again in 2 minutes." in str(TooManyGuesses(61).message)


def test_a_limit_that_says_no_is_counted_under_its_name_and_named_by_the_refusal() -> None:
    before = LIMITS.read("texts_per_number")
    refusal = name_limit(TooSoon(5), "texts_per_number")
    assert refusal.limit == "texts_per_number"
    assert LIMITS.read("texts_per_number") == before + 1
