"""Connections to PostgreSQL that are cut, forgotten or held up: nobody else is told of it."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from redis import Redis

from app.adapters.postgres import RESTED, Postgres
from app.domain.errors import Unavailable
from tests.faults.crowded import Wire, everybody
from tests.faults.staged import ask, held
from tests.person import Person, new_phone
from tests.product import GENEROUS, Product
from tests.stores import Stores

CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
CUTS = 25


@pytest.fixture
def wire(stores: Stores) -> Iterator[Wire]:
    laid = Wire(stores.postgres.sockets / ".s.PGSQL.5432")
    yield laid
    laid.close()


@pytest.fixture
def remote(stores: Stores, wire: Wire, tmp_path: Path) -> Iterator[Product]:
    """One whose PostgreSQL is behind a network."""
    plain = stores.new_database().partition("?")[0]
    url = plain.replace("@", f"@127.0.0.1:{wire.port}") + "?sslmode=disable"
    with Product(tmp_path, url, f"{stores.redis_url}?db=1", limits=GENEROUS) as product:
        yield product


def test_fifty_people_see_nothing_of_connections_that_are_cut(
    another_product: Callable[..., Product], capsys: pytest.CaptureFixture[str]
) -> None:
    """At any moment, also in the middle of a statement or a transaction."""
    product, done, cuts = another_product(limits=GENEROUS), threading.Event(), 0
    with Redis.from_url(product.env["REDIS_URL"]) as memory:
        # Where it has just begun to count, PostgreSQL counts too: fifty in turn, and each is cut.
        memory.set("{latchkey}:counting_since", 0)
    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(everybody, product)
        working.add_done_callback(lambda _: done.set())
        while not done.wait(1.0):
            cuts += len(ask(product.env["DATABASE_URL"], CUT))
    seen = working.result()
    failed = sum(count for status, count in seen.items() if status >= 500)
    with capsys.disabled():
        print(f"\n{cuts} connections cut, {seen.total()} answers, {failed} of them 5xx")
    assert cuts > CUTS
    assert failed == 0, seen


def test_connections_that_the_network_forgot_are_replaced(remote: Product, wire: Wire) -> None:
    assert texted(remote) == {200}
    sleep(RESTED + 0.2)
    assert wire.forget() > 3
    assert texted(remote) == {200}
    sleep(RESTED + 0.2)
    wire.cut()
    assert texted(remote) == {200}


def texted(product: Product) -> set[int]:
    """What twenty people see who ask for a code at once."""
    people = [Person(product) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        seen = threads.map(lambda person: person.give_phone(new_phone()), people)
        return {each.status for each in seen}


async def test_one_that_waits_for_a_lock_silences_nobody_else(stores: Stores) -> None:
    url = await asyncio.to_thread(stores.new_database)
    database = Postgres(url, size=2)
    await database.open()

    async def counted(table: str) -> int:
        async with database.connection() as connection:
            return await connection.fetchval(f"SELECT count(*) FROM {table}")

    with held(url, "LOCK TABLE users IN ACCESS EXCLUSIVE MODE"):
        with pytest.raises(Unavailable):
            await counted("users")
        assert await counted("sessions") == 0
    await database.close()
