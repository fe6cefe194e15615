"""Wrong passwords from one address: twenty, or of ten accounts; while Redis remembers them."""

from collections.abc import Callable, Iterator

import pytest

from tests.controllers.conftest import Limited
from tests.controllers.test_login_limits import attempt
from tests.person import Seen, new_email
from tests.sessions.held import PASSWORD, Owner

FROM_HERE = "Too many wrong passwords from here. Try again in "


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


def test_twenty_wrong_ones_from_one_address_are_enough(limited: Limited) -> None:
    person = limited.visitor()
    for email in [new_email() for _ in range(4)]:
        assert [attempt(person, email).status for _ in range(5)] == [422] * 5
    refused = attempt(person, new_email())
    assert from_here(refused)
    assert int(refused.response.headers["retry-after"]) % 60 == 0
    assert attempt(limited.visitor(), new_email()).status == 422


def test_ten_accounts_from_one_address_are_enough(limited: Limited) -> None:
    person, emails = limited.visitor(), [new_email() for _ in range(10)]
    assert [attempt(person, email).status for email in emails] == [422] * 10
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
    limited: Limited,
) -> None:
    owner, here = Owner.sign_up(limited.product), "198.51.100.7"
    theirs = limited.visitor(here)
    assert attempt(theirs, owner.email, PASSWORD).location == "/account"
    for _ in range(10):
        assert attempt(limited.visitor(here), new_email()).status == 422
    assert from_here(attempt(limited.visitor(here), owner.email, PASSWORD))
    assert attempt(theirs, owner.email).status == 422
    assert attempt(theirs, owner.email, PASSWORD).location == "/account"


def test_what_someone_mistypes_where_they_have_signed_in_counts_against_no_neighbour(
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
