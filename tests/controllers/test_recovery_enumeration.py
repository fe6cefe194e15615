"""Nobody learns from a recovery whether an address has an account (promise 1)."""

import pytest

from tests.controllers.conftest import Limited
from tests.crowd import sql
from tests.person import Person, new_phone
from tests.product import Product
from tests.timing import BY_CHANCE, time_of, told_apart, twin_addresses
from tests.twins import Twins, long_email

HTMX = {"hx-request": "true"}
ACCOUNT = "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)"
KNOWN = """
INSERT INTO users (id, phone, email)
SELECT gen_random_uuid(), '+46708' || (100000 + n), $1 || n || '@example.org'
FROM generate_series(100, 399) n
"""
# A notice went to the owner a moment ago, as after a sign-in from a new device.
NOTICE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at, state)
VALUES (gen_random_uuid(), 'email', 'new_device', $1, '', '127.0.0.0/24', clock_timestamp(), 'sent')
"""


def account(product: Product) -> str:
    """The address of somebody with an account, who was sent a notice just now."""
    email = long_email()
    sql(product, ACCOUNT, new_phone(), email)
    sql(product, NOTICE, email)
    return email


def plain(person: Person) -> Person:
    person.http.headers["accept-encoding"] = "identity"
    return person


@pytest.fixture
def twins(product: Product) -> Twins:
    people = plain(Person(product)), plain(Person(product))
    return Twins(people, (account(product), long_email()))


def test_every_page_is_the_same_for_an_address_nobody_has(twins: Twins) -> None:
    twins.get("/recovery/email")
    assert twins.post("/recovery/email", email="CONTACT").location == "/recovery/email-code"
    for path in ("/recovery/email-code", "/recovery/email?change", "/recovery/password"):
        twins.get(path)
        twins.get(path, **HTMX)
    twins.get("/recovery/email-code/delivery", **HTMX)
    twins.get("/recovery/email-code")
    assert twins.post("/recovery/email", email="CONTACT").status == 303  # a double click
    for _ in range(2):
        assert twins.post("/recovery/email-code/resend").status == 303
        twins.get("/recovery/email-code")
        refused = [twins.post("/recovery/email-code", code="00000000") for _ in range(6)]
        assert [seen.status for seen in refused] == [422] * 6


def test_both_wait_and_are_limited_alike(limited: Limited) -> None:
    known, new = account(limited.product), long_email()
    for sends in range(7):
        people = plain(limited.visitor()), plain(limited.visitor())
        twins = Twins(people, (known, new))
        twins.get("/recovery/email")
        assert twins.post("/recovery/email", email="CONTACT").status == 303
        twins.get("/recovery/email-code")
        assert twins.post("/recovery/email-code/resend").status == 429
        limited.wait(61 if sends % 2 else 0)
    assert limited.texts(known) - 1 == limited.texts(new) == 4


def test_both_are_locked_alike(limited: Limited) -> None:
    people = plain(limited.visitor()), plain(limited.visitor())
    twins = Twins(people, (account(limited.product), long_email()))
    twins.get("/recovery/email")
    for _ in range(3):
        twins.post("/recovery/email?change", email="CONTACT")
        twins.get("/recovery/email-code")
        for _ in range(5):
            refused = twins.post("/recovery/email-code", code="00000000")
        limited.wait(61)
    assert refused.status == 429
    assert "too many wrong codes for this one" in refused.alert


def test_it_takes_as_long_for_a_known_address(product: Product) -> None:
    person = Person(product)
    sql(product, KNOWN, known := f"known.{new_phone()[-8:]}.")

    def seconds(email: str) -> float:
        person.get("/recovery/email?change")
        return time_of(person, "/recovery/email", 303, email=email)

    assert told_apart(twin_addresses(known, range(100, 200)), seconds) < BY_CHANCE
