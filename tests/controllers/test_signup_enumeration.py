"""Nobody learns from an answer whether a number or an address has an account (promise 1)."""

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import nth_code, sql
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.timing import BY_CHANCE, time_of, told_apart, twin_addresses
from tests.twins import Twins, long_email

KNOWN = """
INSERT INTO users (id, phone, email)
SELECT gen_random_uuid(), '+46701' || (100000 + n), $1 || n || '@example.org'
FROM generate_series(100, 399) n
"""
LONG_AGO = """
UPDATE deliveries SET created_at = created_at - interval '2 days' WHERE destination = ANY($1)
"""


@pytest.fixture(scope="module")
def owner(product: Product) -> tuple[str, str]:
    phone, email = new_phone(), long_email()
    assert Person(product).sign_up(phone, email).path == "/signup/done"
    # Long ago: what was sent lately is counted, whether or not there is an account.
    sql(product, LONG_AGO, [phone, email])
    return phone, email


@pytest.fixture
def people(product: Product) -> tuple[Person, Person]:
    both = Person(product), Person(product)
    for person in both:
        person.http.headers["accept-encoding"] = "identity"
    return both


def look_around(twins: Twins, step: str, contact: str, code: str) -> None:
    """Everything that can be asked between naming a contact and proving it."""
    assert twins.post(f"/signup/{contact}", **{contact: "CONTACT"}).location == f"/signup/{step}"
    for path in (f"/signup/{step}", f"/signup/{contact}?change", "/signup", "/signup/done"):
        twins.get(path)
        twins.get(path, **{"hx-request": "true"})
    twins.get(f"/signup/{step}/delivery", **{"hx-request": "true"})
    assert twins.post(f"/signup/{contact}", **{contact: "CONTACT"}).status == 303  # a double click
    for _ in range(2):
        assert twins.post(f"/signup/{step}/resend").status == 303
        twins.get(f"/signup/{step}")
        assert [twins.post(f"/signup/{step}", code=code).status for _ in range(6)] == [422] * 6


def test_a_known_number_is_answered_like_a_new_one(
    people: tuple[Person, Person], owner: tuple[str, str]
) -> None:
    twins = Twins(people, (owner[0], new_phone()))
    twins.get("/signup/phone")
    look_around(twins, "phone-code", "phone", "000000")


def test_a_known_address_is_answered_like_a_new_one(
    people: tuple[Person, Person], owner: tuple[str, str]
) -> None:
    for person in people:
        person.give_phone(phone := new_phone())
        person.give_phone_code(phone)
    twins = Twins(people, (owner[1], long_email()))
    twins.get("/signup/email")
    look_around(twins, "email-code", "email", "00000000")


def test_a_known_number_waits_like_a_new_one(limited: Limited) -> None:
    known, email, new = new_phone(), new_email(), new_phone()
    account = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
    sql(limited.product, account, known, email)
    for _ in range(3):  # the first is sent a code, the others wait on its page
        twins = Twins((limited.visitor(), limited.visitor()), (known, new))
        for person in twins.people:  # secrets of one length are not equally long when compressed
            person.http.headers["accept-encoding"] = "identity"
        twins.get("/signup/phone")
        assert twins.post("/signup/phone", phone="CONTACT").location == "/signup/phone-code"
        assert "timed" in twins.get("/signup/phone-code").html


def test_the_owner_of_a_known_address_is_told_and_sent_no_code(
    product: Product, owner: tuple[str, str]
) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    before = len(product.messages(owner[1]))
    person.give_email(owner[1].upper())
    nth_code(product, owner[1], before + 1)
    letter = product.messages(owner[1])[0]
    assert letter.subject == "You already have a Latchkey account"
    assert letter.code is None
    assert f"{product.url}/login" in letter.body


def test_whoever_proves_a_known_number_is_signed_in_and_told(
    product: Product,
) -> None:
    owner, person = (new_phone(), new_email()), Person(product)
    Person(product).sign_up(*owner)
    person.give_phone(owner[0])
    code = nth_code(product, owner[0], 2)
    done = person.submit("/signup/phone-code", code=code)
    assert (done.path, done.heading) == ("/signup/done", "Welcome back")
    assert "You already had an account with this number" in done.html
    assert owner[1] in done.html
    assert {"access", "refresh"} <= set(person.http.cookies)


def test_the_address_step_takes_as_long_for_a_known_address(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    sql(product, KNOWN, known := f"known.{phone[-8:]}.")

    def seconds(email: str) -> float:
        person.get("/signup/email?change")
        return time_of(person, "/signup/email", 303, email=email)

    assert told_apart(twin_addresses(range(100, 200), known), seconds) < BY_CHANCE
