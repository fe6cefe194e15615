"""Wrong passwords when the short memory has forgotten or is gone: the audit trail knows of them.

It tells networks apart, and no addresses within them.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, new_email
from tests.sessions.held import PASSWORD, Owner

HERE, NEIGHBOUR = "198.51.100.7", "198.51.100.8"
# So many wrong ones in the network, with as many accounts as the numbers leave over.
WRONG = """
INSERT INTO audit_events (event, network, details)
SELECT 'password:refused', '198.51.100.0/24', jsonb_build_object('account', 'a' || number % $2)
FROM generate_series(1, $1) number
"""
LATER_ON_RECORD = "UPDATE audit_events SET at = at - $1 * interval '1 second'"


@pytest.fixture(params=["silent", "flushed"])
def forgotten(limited: Limited, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Brings the memory into that state."""
    yield limited.flush if request.param == "flushed" else limited.valkey.kill
    if not limited.valkey.running():
        limited.bring_back()


def attempt(person: Person) -> int:
    seen = person.submit("/login/password", email=new_email(), password="not the right one")
    return seen.status


@pytest.mark.parametrize(("times", "accounts"), [(99, 3), (49, 49)])
def test_no_address_answers_for_its_neighbours(
    limited: Limited, forgotten: Callable[[], None], times: int, accounts: int
) -> None:
    """Twenty wrong ones, or ten accounts, are an address's; these are the network's."""
    sql(limited.product, WRONG, times, accounts)
    forgotten()
    assert attempt(limited.visitor(NEIGHBOUR)) == 422


@pytest.mark.parametrize(("times", "accounts"), [(100, 3), (50, 50)])
def test_what_a_network_may_is_held_to_the_record(
    limited: Limited, forgotten: Callable[[], None], times: int, accounts: int
) -> None:
    sql(limited.product, WRONG, times, accounts)
    forgotten()
    assert [attempt(limited.visitor(HERE)), attempt(limited.visitor())] == [429, 422]
    sql(limited.product, LATER_ON_RECORD, 901)
    assert attempt(limited.visitor(HERE)) == 422


def test_a_device_of_the_owners_is_let_in_all_the_same(
    limited: Limited, forgotten: Callable[[], None]
) -> None:
    owner, theirs = Owner.sign_up(limited.product), limited.visitor(HERE)
    fields = {"email": owner.email, "password": PASSWORD}
    assert theirs.submit("/login/password", **fields).path == "/account"
    sql(limited.product, WRONG, 100, 3)
    forgotten()
    assert theirs.submit("/login/password", **fields).path == "/account"
    assert limited.visitor(HERE).submit("/login/password", **fields).status == 429


def test_who_was_refused_by_the_record_is_not_counted(limited: Limited) -> None:
    """Else those who ask while it is full would fill the memory, and with it the next hour."""
    sql(limited.product, WRONG, 100, 3)
    statuses = [attempt(limited.visitor(HERE)) for _ in range(21)]
    sql(limited.product, "DELETE FROM audit_events WHERE event = 'password:refused'")
    statuses += [attempt(limited.visitor(HERE)) for _ in range(5)]
    assert statuses == [429] * 21 + [422] * 5
