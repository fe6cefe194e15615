"""Looking at a password costs a core for a while: so few at once, a short line, and then a no."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

from tests.crowd import answers, post_at_once, sql
from tests.faults.staged import until
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.product import GENEROUS, Product
from tests.sessions.held import PASSWORD, Owner

MANY = 40
BUSY = "We’re very busy right now."
# So slow that the line fills, and not so slow that who stands last in it meets the deadline, also
# where a busy machine has little for threads that stand back.
SLOW = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1, type=Type.ID)
SLOWER = PasswordHasher(time_cost=6, memory_cost=19_456, parallelism=1, type=Type.ID)
SLOWEST = PasswordHasher(time_cost=30, memory_cost=19_456, parallelism=1, type=Type.ID)
PEOPLE = """
INSERT INTO users (id, phone, email, password_hash)
SELECT gen_random_uuid(), '+46709' || (100000 + n), 'slow' || n || '@example.org', $1
FROM generate_series(1, $2) n
"""
ADD = "INSERT INTO users (id, phone, email, password_hash) VALUES (gen_random_uuid(), $1, $2, $3)"
HASH = "SELECT password_hash FROM users WHERE email = $1"
STORE = "UPDATE users SET password_hash = $2 WHERE email = $1"
COUNTED = "SELECT sum(wrong) FROM password_budgets WHERE device NOT LIKE '%/%'"
MIB = 2**20
OUTDATED = [
    PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1, type=Type.ID),
    PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=2, type=Type.ID),
    PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.I),
    PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID, hash_len=16),
]


def most_memory(product: Product) -> int:
    """Bytes that its process has held at most, so far."""
    status = Path(f"/proc/{product.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def counted(product: Product) -> int:
    """How many attempts are, as wrong ones."""
    return int(sql(product, COUNTED)[0]["sum"] or 0)


def sign_in_at_once(product: Product, hasher: PasswordHasher) -> list[httpx.Response]:
    """As many people, each with an account of their own."""
    sql(product, PEOPLE, hasher.hash(PASSWORD), MANY)
    person = Person(product)
    person.get("/login/password")
    forms = [{"email": f"slow{number + 1}@example.org"} for number in range(MANY)]
    return post_at_once(person, "/login/password", 1, *forms, password="not the right one")


def test_when_the_line_is_full_the_rest_is_told_to_come_back(product: Product) -> None:
    before, held = counted(product), most_memory(product)
    given = sign_in_at_once(product, SLOW)
    counts = answers(given)
    assert set(counts) == {"422", "503"}
    # Two cores, and the three quarters of the line that are for devices nobody knows.
    assert counts["422"] >= 14
    busy = [answer for answer in given if answer.status_code == 503]
    assert {answer.headers["retry-after"] for answer in busy} == {"2"}
    assert all("Nothing was lost" in answer.text for answer in busy)
    assert all('name="csrf_token"' in answer.text for answer in busy), "on the form itself"
    # Nobody is charged for a guess that was not looked at, and no memory is held for it.
    assert counted(product) - before == counts["422"]
    assert most_memory(product) - held < 150 * MIB


def at_the_password(product: Product, stored: str) -> tuple[Person, str]:
    """Someone, and the address of an account with that hash."""
    sql(product, ADD, new_phone(), email := new_email(), stored)
    person = Person(product)
    person.get("/login/password")
    return person, email


def test_whoever_is_signed_in_waits_for_no_hash(product: Product) -> None:
    """As many log-ins as threads that hash, and one in line; each takes most of a second."""
    owner, stored = Owner.sign_up(product).sign_in(), SLOWEST.hash(PASSWORD)
    people = [at_the_password(product, stored) for _ in range((os.cpu_count() or 1) + 1)]
    before = counted(product)
    with ThreadPoolExecutor(len(people)) as browsers:
        log_ins = [
            browsers.submit(person.post, "/login/password", email=email, password="not this one")
            for person, email in people
        ]
        until(lambda: counted(product) - before == len(people))
        seen = []
        while not any(log_in.done() for log_in in log_ins):
            seen.append(owner.get("/account").status)
    assert set(seen) == {200}
    assert len(seen) > 5, "more than one between two of them"
    assert {log_in.result().status for log_in in log_ins} <= {422, 503}


@pytest.mark.parametrize("hasher", OUTDATED, ids=["cheaper", "lanes", "argon2i", "shorter"])
def test_a_hash_of_other_parameters_is_made_anew_by_the_right_password(
    product: Product, hasher: PasswordHasher
) -> None:
    owner = Owner.sign_up(product)
    old = hasher.hash(PASSWORD)
    sql(product, STORE, owner.email, old)
    person = Person(product)
    person.submit("/login/password", email=owner.email, password="not the right one")
    assert sql(product, HASH, owner.email)[0]["password_hash"] == old
    owner.sign_in()
    fresh = sql(product, HASH, owner.email)[0]["password_hash"]
    assert fresh.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    owner.sign_in()
    assert sql(product, HASH, owner.email)[0]["password_hash"] == fresh


def test_a_device_its_owner_knows_is_not_turned_away_by_strangers(
    another_product: Callable[..., Product],
) -> None:
    product = another_product(limits=GENEROUS)
    owner = Holder(product)
    with ThreadPoolExecutor(1) as crowd:
        strangers = crowd.submit(sign_in_at_once, product, SLOWER)
        until(lambda: counted(product) > 1)
        pages = []
        while not strangers.done():
            form = {"email": owner.email, "password": PASSWORD}
            pages.append(owner.submit("/login/password", **form).html)
    assert any(BUSY in answer.text for answer in strangers.result())
    assert pages
    assert not any(BUSY in page for page in pages)
