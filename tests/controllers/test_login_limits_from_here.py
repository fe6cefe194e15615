"""Wrong passwords from one address: twenty, or of ten accounts, whatever Redis remembers."""

from collections.abc import Callable, Iterator

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_login_limits import attempt
from tests.crowd import sql
from tests.person import Seen, new_email
from tests.sessions.held import PASSWORD, Owner

LATER_ON_RECORD = "UPDATE audit_events SET at = at - $1 * interval '1 second'"
FROM_HERE = "There were too many wrong passwords from here. Try again in "


# How the short memory is, when an address's wrong ones are counted.
def works(limited: Limited) -> None:
    limited.age_memory()


def is_flushed(limited: Limited) -> None:
    limited.flush()


def is_silent(limited: Limited) -> None:
    if limited.valkey.running():
        limited.valkey.stop()


@pytest.fixture(params=[works, is_flushed, is_silent])
def counted(limited: Limited, request: pytest.FixtureRequest) -> Iterator[Callable[[], None]]:
    """Brings the memory into that state, to be called before each attempt."""
    yield lambda: request.param(limited)
    if request.param is is_silent:
        limited.bring_back()


def from_here(seen: Seen) -> bool:
    return seen.status == 429 and FROM_HERE in seen.alert


def test_twenty_wrong_ones_from_one_address_are_enough(
    limited: Limited, counted: Callable[[], None]
) -> None:
    person = limited.visitor()
    for email in [new_email() for _ in range(4)]:
        for _ in range(5):
            counted()
            assert attempt(person, email).status == 422
    counted()
    refused = attempt(person, new_email())
    assert from_here(refused)
    assert int(refused.response.headers["retry-after"]) % 60 == 0
    assert attempt(limited.visitor(), new_email()).status == 422


def test_a_quarter_of_an_hour_later_there_is_room_again(limited: Limited) -> None:
    person = limited.visitor()
    is_silent(limited)
    statuses = [attempt(person, new_email()).status for _ in range(11)]
    assert statuses == [422] * 10 + [429]
    sql(limited.product, LATER_ON_RECORD, 901)
    assert attempt(person, new_email()).status == 422
    limited.bring_back()


def test_ten_accounts_from_one_address_are_enough(
    limited: Limited, counted: Callable[[], None]
) -> None:
    person, emails = limited.visitor(), [new_email() for _ in range(10)]
    for email in emails:
        counted()
        assert attempt(person, email).status == 422
    counted()
    assert from_here(attempt(person, new_email()))
    # One that was tried before is not another one.
    assert attempt(person, emails[0]).status == 422
    assert attempt(limited.visitor(), new_email()).status == 422


def test_right_ones_are_not_counted(limited: Limited) -> None:
    owner = Owner.sign_up(limited.product)
    limited.age_memory()
    person = limited.visitor()
    for _ in range(25):
        assert attempt(person, owner.email, PASSWORD).location == "/account"
        del person.http.cookies["device"]
    assert attempt(person, owner.email).status == 422


def test_who_has_signed_in_before_is_not_kept_out_by_others_at_the_same_address(
    limited: Limited, counted: Callable[[], None]
) -> None:
    owner, here = Owner.sign_up(limited.product), "198.51.100.7"
    theirs = limited.visitor(here)
    counted()
    assert attempt(theirs, owner.email, PASSWORD).location == "/account"
    for _ in range(10):
        counted()
        assert attempt(limited.visitor(here), new_email()).status == 422
    counted()
    assert from_here(attempt(limited.visitor(here), owner.email, PASSWORD))
    assert attempt(theirs, owner.email).status == 422
    assert attempt(theirs, owner.email, PASSWORD).location == "/account"


def test_what_somebody_mistypes_where_they_have_signed_in_counts_against_no_neighbour(
    limited: Limited, counted: Callable[[], None]
) -> None:
    here = "198.51.100.7"
    for owner in [Owner.sign_up(limited.product) for _ in range(4)]:
        theirs = limited.visitor(here)
        counted()
        assert attempt(theirs, owner.email, PASSWORD).location == "/account"
        assert [attempt(theirs, owner.email).status for _ in range(5)] == [422] * 5
    counted()
    assert attempt(limited.visitor(here), new_email()).status == 422
