"""Nobody learns at the sign-in whether an address or a number has an account (promise 1)."""

import asyncio
import random
from time import perf_counter

import pytest

from app.domain.identity.passwords import Passwords
from tests.controllers.conftest import Limited
from tests.controllers.test_signup_enumeration import LONG_AGO
from tests.crowd import sql
from tests.person import Person, Seen, new_phone
from tests.product import Product
from tests.timing import separation
from tests.twins import Twins, long_email, masked

ADD = "INSERT INTO users (id, phone, email, password_hash) VALUES (gen_random_uuid(), $1, $2, $3)"
MANY = """
INSERT INTO users (id, phone, email, password_hash)
SELECT gen_random_uuid(), '+46702' || n, 'known' || n || '@example.org', $1
FROM generate_series(100000, 100899) n
"""
PAIRS = 300


@pytest.fixture(scope="module")
def hashed() -> str:
    """As a person's own password is stored."""
    passwords = Passwords()
    stored = asyncio.run(passwords.hash("correct horse battery"))
    passwords.close()
    return stored


@pytest.fixture
def addresses(product: Product, hashed: str) -> dict[str, str]:
    """One whose account nobody has, and one of each kind that there is or was."""
    kinds = {kind: long_email() for kind in ("unknown", "known", "without password", "deleted")}
    for kind in ("known", "without password", "deleted"):
        stored = None if kind == "without password" else hashed
        sql(product, ADD, new_phone(), kinds[kind], stored)
    sql(product, "DELETE FROM users WHERE email = $1", kinds["deleted"])
    return kinds


def told(product: Product, email: str, password: str, **headers: str) -> Seen:
    person = Person(product)
    person.http.headers["accept-encoding"] = "identity"
    person.get("/login/password")
    person.http.headers.update(headers)
    return person.post("/login/password", email=email, password=password)


@pytest.mark.parametrize("headers", [{}, {"hx-request": "true"}], ids=["browser", "htmx"])
def test_wrong_and_locked_are_answered_alike_whoever_is_asked_for(
    product: Product, addresses: dict[str, str], headers: dict[str, str]
) -> None:
    statuses = []
    for tried in range(7):
        # The right password of the known one, once it is locked.
        password = "correct horse battery" if tried > 5 else "not the right one"
        seen = {
            kind: told(product, email, password, **headers) for kind, email in addresses.items()
        }
        alike = [masked(one, addresses[kind]) for kind, one in seen.items()]
        assert alike == [alike[0]] * 4
        waits = {one.response.headers.get("retry-after") for one in seen.values()}
        assert len(waits) == 1
        statuses.append(seen["known"].status)
    assert statuses == [422] * 5 + [429] * 2


@pytest.mark.parametrize("password", ["", "x", "x" * 2000, "\u00e9" * 600, "nul\0inside it all"])
def test_odd_passwords_are_answered_alike(
    product: Product, addresses: dict[str, str], password: str
) -> None:
    seen = {kind: told(product, email, password) for kind, email in addresses.items()}
    alike = [masked(one, addresses[kind]) for kind, one in seen.items()]
    assert alike == [alike[0]] * 4
    assert seen["known"].status == 422


def test_a_known_number_is_answered_like_a_new_one(product: Product, hashed: str) -> None:
    known = new_phone()
    sql(product, ADD, known, long_email(), hashed)
    sql(product, LONG_AGO, [known])
    people = Person(product), Person(product)
    for person in people:
        person.http.headers["accept-encoding"] = "identity"
    twins = Twins(people, (known, new_phone()))
    twins.get("/login/phone")
    assert twins.post("/login/phone", phone="CONTACT").location == "/login/phone-code"
    for path in ("/login/phone-code", "/login/phone", "/login", "/signup"):
        twins.get(path)
        twins.get(path, **{"hx-request": "true"})
    twins.get("/login/phone-code")
    assert [twins.post("/login/phone-code", code="000000").status for _ in range(6)] == [422] * 6
    assert twins.post("/login/phone-code/resend").status == 303


def test_a_known_number_waits_like_a_new_one(limited: Limited, hashed: str) -> None:
    known, new = new_phone(), new_phone()
    sql(limited.product, ADD, known, long_email(), hashed)
    for status in (303, 429, 429):
        twins = Twins((limited.visitor(), limited.visitor()), (known, new))
        twins.get("/login/phone")
        assert twins.post("/login/phone", phone="CONTACT").status == status


def test_a_wrong_password_takes_as_long_for_an_address_that_nobody_has(
    product: Product, hashed: str
) -> None:
    sql(product, MANY, hashed)
    numbers = random.sample(range(100_000, 100_900), 3 * PAIRS)
    # A leak shows every time, chance does not.
    rounds = (auc(product, numbers[n * PAIRS :][:PAIRS]) for n in range(3))
    assert any(0.45 <= separated <= 0.55 for separated in rounds)


def auc(product: Product, numbers: list[int]) -> float:
    """Over as many pairs, each asked for once and in either order."""
    person, times = Person(product), {"known": [], "other": []}
    person.get("/login/password")
    for number in numbers:
        for name in random.sample(list(times), 2):
            email = f"{name}{number}@example.org"
            started = perf_counter()
            seen = person.post("/login/password", email=email, password="not the right one")
            times[name].append(perf_counter() - started)
            assert seen.status == 422
    return separation(*times.values())
