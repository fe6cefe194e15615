"""Nobody learns at the sign-in whether an address or a number has an account (promise 1)."""

import asyncio

import pytest

from app.domain.identity.hashing import PasswordHashing
from tests.controllers.conftest import Limited
from tests.controllers.test_signup_enumeration import LONG_AGO
from tests.crowd import sql
from tests.person import Person, Seen, new_phone
from tests.product import Product
from tests.subjects import subject_of
from tests.timing import BY_CHANCE, time_of, told_apart, twin_addresses
from tests.twins import Twins, long_email, masked

ADD = "INSERT INTO users (id, phone, email, password_hash) VALUES (gen_random_uuid(), $1, $2, $3)"
MANY = """
INSERT INTO users (id, phone, email, password_hash)
SELECT gen_random_uuid(), '+46' || (702000000 + 1000 * ascii($2) + n),
       $2 || n || '@example.org', $1
FROM generate_series(0, $3 - 1) n
"""
TWINS = 300
LOCK = """
INSERT INTO password_budgets (subject, device, wrong)
SELECT subject, '', 99 FROM unnest($1::bytea[]) subject
"""


@pytest.fixture(scope="module")
def hashed() -> str:
    """As a person's own password is stored."""
    passwords = PasswordHashing()
    stored = asyncio.run(passwords.hash_password("seven otters paint slowly"))
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
        password = "seven otters paint slowly" if tried > 5 else "not the right one"
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
    assert [twins.post("/login/phone-code", code=f"{n:06}").status for n in range(6)] == [422] * 6
    assert twins.post("/login/phone-code/resend").status == 303


def test_a_known_number_waits_like_a_new_one(limited: Limited, hashed: str) -> None:
    known, new = new_phone(), new_phone()
    sql(limited.product, ADD, known, long_email(), hashed)
    for _ in range(3):  # texted once; asked again too soon, the code that waits is told of
        twins = Twins((limited.visitor(), limited.visitor()), (known, new))
        for person in twins.people:  # secrets of one length are not equally long when compressed
            person.http.headers["accept-encoding"] = "identity"
        twins.get("/login/phone")
        assert twins.post("/login/phone", phone="CONTACT").location == "/login/phone-code"


@pytest.mark.parametrize(("kinds", "status"), [(("known", "ended"), 422), (("locked",), 429)])
def test_a_wrong_password_takes_as_long_for_an_address_that_nobody_has(
    product: Product, hashed: str, kinds: tuple[str, ...], status: int
) -> None:
    """Those whose account has ended are asked for beside those who have one: a hash is dear."""
    for kind in kinds:
        sql(product, MANY, hashed, kind, TWINS)
    sql(product, "DELETE FROM users WHERE email LIKE 'ended%'")
    twins = twin_addresses(range(TWINS), *kinds)
    if kinds == ("locked",):
        sql(product, LOCK, [subject_of(email) for both in twins for email in both])
    person = Person(product)
    person.get("/login/password")

    def seconds(email: str) -> float:
        return time_of(person, "/login/password", status, email=email, password="not the right one")

    assert told_apart(twins, seconds) < BY_CHANCE
