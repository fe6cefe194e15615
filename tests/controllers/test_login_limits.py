"""Wrong passwords: five, then waits that double; fewer from one place; and the owner stays free."""

from collections.abc import Callable, Iterator

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import answers, nth_code, post_at_once, sql
from tests.person import Person, Seen, new_email
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner

WRONG = "not the right one"
LATER = "UPDATE password_budgets SET last_wrong_at = last_wrong_at - $1 * interval '1 second'"
LATER_ON_RECORD = "UPDATE audit_events SET at = at - $1 * interval '1 second'"
REFUSED = "SELECT count(*) FROM audit_events WHERE event = 'password:refused'"
LOCKED = "There were too many wrong passwords. Try again in {}, or use your phone."
FROM_HERE = "There were too many wrong passwords from here. Try again in "
WAITS = [
    ("1 minute", 60),
    ("2 minutes", 120),
    ("4 minutes", 240),
    ("8 minutes", 480),
    ("16 minutes", 960),
    ("32 minutes", 1920),
    ("1 hour", 3600),
    ("1 hour", 3600),
]


@pytest.fixture
def owner(product: Product) -> Owner:
    return Owner.sign_up(product)


def attempt(person: Person, email: str, password: str = WRONG) -> Seen:
    person.get("/login/password")
    return person.post("/login/password", email=email, password=password)


def is_locked(seen: Seen, words: str, seconds: int) -> bool:
    told = (seen.status, seen.response.headers["retry-after"], seen.field("password"))
    return told == (429, str(seconds), "") and LOCKED.format(words) in seen.alert


def lock(person: Person, email: str) -> None:
    assert [attempt(person, email).status for _ in range(6)] == [422] * 5 + [429]


def test_after_five_wrong_ones_each_further_one_doubles_the_wait(
    product: Product, owner: Owner
) -> None:
    person = Person(product)
    assert [attempt(person, owner.email).status for _ in range(5)] == [422] * 5
    for words, seconds in WAITS:
        assert is_locked(attempt(person, owner.email), words, seconds)
        # Asking again meanwhile makes it no longer, and the right one opens it no sooner.
        assert is_locked(attempt(person, owner.email, PASSWORD), words, seconds)
        sql(product, LATER, seconds)
        assert attempt(person, owner.email).status == 422
    sql(product, LATER, 3600)
    assert attempt(person, owner.email, PASSWORD).location == "/account"
    lock(Person(product), owner.email)


def test_a_quarter_of_an_hour_forgives_fewer_than_five(product: Product, owner: Owner) -> None:
    person = Person(product)
    for _ in range(2):
        assert [attempt(person, owner.email).status for _ in range(4)] == [422] * 4
        sql(product, LATER, 901)
    lock(person, owner.email)


def test_a_right_one_forgives_those_before(product: Product, owner: Owner) -> None:
    person = Person(product)
    for _ in range(3):
        assert [attempt(person, owner.email).status for _ in range(4)] == [422] * 4
        assert attempt(person, owner.email, PASSWORD).location == "/account"


def test_the_owner_cannot_be_locked_out_where_they_have_signed_in_before(
    product: Product, owner: Owner
) -> None:
    theirs, stranger = owner.sign_in(), Person(product)
    theirs.get("/account")
    theirs.post("/logout")
    lock(stranger, owner.email)
    assert [attempt(theirs, owner.email).status for _ in range(4)] == [422] * 4
    assert attempt(theirs, owner.email, PASSWORD).location == "/account"
    # Which opens nothing for the stranger, and gives their device no endless budget either.
    assert is_locked(attempt(stranger, owner.email, PASSWORD), "1 minute", 60)
    lock(theirs, owner.email)


def test_the_device_of_one_is_not_that_of_another(product: Product, owner: Owner) -> None:
    stranger = Owner.sign_up(product).sign_in()
    lock(stranger, owner.email)
    assert is_locked(attempt(stranger, owner.email, PASSWORD), "1 minute", 60)


def test_the_phone_stays_a_way_in(product: Product, owner: Owner) -> None:
    person = Person(product)
    lock(person, owner.email)
    before = len(product.messages(owner.phone))
    person.submit("/login/phone", phone=owner.phone)
    landed = person.submit("/login/phone-code", code=nth_code(product, owner.phone, before + 1))
    assert landed.path == "/account"


@pytest.mark.parametrize("known", [True, False])
def test_of_fifty_at_once_five_are_looked_at(product: Product, owner: Owner, known: bool) -> None:
    email = owner.email if known else new_email()
    person = Person(product)
    person.get("/login/password")
    [before] = sql(product, REFUSED)
    guesses = [{"password": f"{WRONG} {number}"} for number in range(50)]
    given = post_at_once(person, "/login/password", 1, *guesses, email=email)
    assert answers(given) == {"422": 5, "429": 45}
    assert sql(product, REFUSED)[0]["count"] - before["count"] == 5
    assert {answer.headers["retry-after"] for answer in given if answer.status_code == 429} == {
        "60"
    }


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
    assert attempt(person, owner.email).status == 422
