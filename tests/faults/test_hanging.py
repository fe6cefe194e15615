"""The adapter of PostgreSQL before a server that hangs: nobody waits long, nothing is used up."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from app.adapters.postgres import SILENCE, STATEMENT_TIMEOUT, Postgres
from app.domain.errors import Unavailable
from app.domain.metrics import STORE_FAILURES
from tests.stores import Stores


@pytest.fixture
async def database(own_stores: Stores) -> AsyncIterator[Postgres]:
    opened = Postgres(await asyncio.to_thread(own_stores.new_database), size=1)
    await opened.open()
    yield opened
    await opened.close()


async def one(database: Postgres) -> int:
    async with database.connection() as connection:
        return await connection.fetchval("SELECT 1")


async def one_of_a_transaction(database: Postgres) -> int:
    async with database.transaction() as connection:
        return await connection.fetchval("SELECT 1")


async def seconds_until_unavailable(database: Postgres) -> float:
    began = monotonic()
    with pytest.raises(Unavailable):
        await one_of_a_transaction(database)
    return monotonic() - began


async def test_one_waits_and_then_nobody_for_a_while(
    database: Postgres, own_stores: Stores
) -> None:
    await one(database)
    own_stores.postgres.suspend()
    try:
        timeouts = STORE_FAILURES.read("postgres", "timeout")
        assert 1 < await seconds_until_unavailable(database) < 2 * STATEMENT_TIMEOUT
        assert STORE_FAILURES.read("postgres", "timeout") == timeouts + 1
        assert await seconds_until_unavailable(database) < STATEMENT_TIMEOUT / 2
        await asyncio.sleep(SILENCE)
        assert await seconds_until_unavailable(database) > 1, "with its only connection gone"
    finally:
        own_stores.postgres.resume()
    await asyncio.sleep(SILENCE)
    assert [await one(database), await one_of_a_transaction(database)] == [1, 1]


async def test_who_gives_up_does_not_wait_for_the_server(
    database: Postgres, own_stores: Stores
) -> None:
    await one(database)
    own_stores.postgres.suspend()
    began = monotonic()
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await one(database)
    finally:
        own_stores.postgres.resume()
    assert monotonic() - began < STATEMENT_TIMEOUT
    assert await one(database) == 1
