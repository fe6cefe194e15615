"""Wrong passwords: five, then waits that double; and the owner stays free."""

import pytest

from tests.crowd import answers, nth_code, post_at_once, sql
from tests.person import Person, Seen, new_email
from tests.product import Product
from tests.sessions.held import PASSWORD, Owner

WRONG = "not the right one"
LATER = "UPDATE password_budgets SET last_wrong_at = last_wrong_at - $1 * interval '1 second'"
REFUSED = "SELECT count(*) FROM audit_events WHERE event = 'password:refused'"
LOCKED = "Too many wrong passwords. Try again in {}, or use your phone."
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


def test_after_ten_wrong_ones_of_strangers_each_further_one_doubles_the_wait(
    product: Product, owner: Owner
) -> None:
    for address in ("127.0.0.2", "127.0.0.3"):
        person = Person(product, address)
        assert [attempt(person, owner.email).status for _ in range(5)] == [422] * 5
    person = Person(product, "127.0.0.4")
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
    assert is_locked(attempt(stranger, owner.email, PASSWORD), "15 minutes", 900)
    lock(theirs, owner.email)


def test_all_devices_of_one_have_as_many_as_an_address(product: Product, owner: Owner) -> None:
    """Whoever knew the password once may have gathered many of their cookies."""
    *gathered, last = [owner.sign_in() for _ in range(5)]
    for device in gathered:
        assert [attempt(device, owner.email).status for _ in range(5)] == [422] * 5
    lock(last, owner.email)  # as a stranger's, of which there are no more than that either
    assert is_locked(attempt(last, owner.email, PASSWORD), "15 minutes", 900)
    sql(product, LATER, 901)
    assert attempt(last, owner.email, PASSWORD).location == "/account"


def test_the_device_of_one_is_not_that_of_another(product: Product, owner: Owner) -> None:
    stranger = Owner.sign_up(product).sign_in()
    lock(stranger, owner.email)
    assert is_locked(attempt(stranger, owner.email, PASSWORD), "15 minutes", 900)


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
        "900"
    }
