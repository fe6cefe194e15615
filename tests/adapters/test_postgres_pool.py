"""The pool of connections: who waits, who gives up, what was closed meanwhile. Over real ones."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from app.adapters.postgres_connection import Connector, KeptAlive
from app.adapters.postgres_pool import MOST_USES, ConnectionPool
from app.domain.metrics import POOL_WAITERS
from app.settings.database_url import parse_database_url
from tests.stores import Stores, execute

IDLE = 0.05  # seconds


class Places:
    """Where connections come from; `trouble` is what the next one ends with."""

    def __init__(self, url: str) -> None:
        self._connector, self.trouble = Connector(parse_database_url(url)), list[Exception]()

    async def connect(self) -> KeptAlive:
        if self.trouble:
            raise self.trouble.pop()
        return await self._connector.connect(5.0)


@pytest.fixture
def places(stores: Stores) -> Places:
    return Places(stores.postgres.url)


@pytest.fixture
async def pool(places: Places) -> AsyncIterator[ConnectionPool]:
    """Of one connection."""
    opened = ConnectionPool(places.connect, 1, 60.0)
    yield opened
    opened.close()


async def acquired(pool: ConnectionPool) -> KeptAlive:
    """Where one has to be there."""
    async with asyncio.timeout(10):
        return await pool.acquire()


async def test_who_waits_is_counted_until_served(pool: ConnectionPool) -> None:
    first, before = await acquired(pool), POOL_WAITERS.read()
    served, gone = (asyncio.create_task(acquired(pool)) for _ in range(2))
    await asyncio.sleep(0)
    assert POOL_WAITERS.read() == before + 2
    gone.cancel()
    pool.release(first)
    pool.release(await served)
    await asyncio.wait([gone])
    assert POOL_WAITERS.read() == before


async def test_those_who_wait_are_served_in_turn(pool: ConnectionPool) -> None:
    first, served = await acquired(pool), list[int]()

    async def use(number: int) -> KeptAlive:
        connection = await acquired(pool)
        served.append(number)
        assert await connection.fetchval("SELECT $1::int", number) == number
        pool.release(connection)
        return connection

    waiting = [asyncio.create_task(use(number)) for number in range(3)]
    await asyncio.sleep(0)
    assert served == []
    pool.release(first)
    assert await asyncio.gather(*waiting) == [first] * 3
    assert served == [0, 1, 2]


@pytest.mark.parametrize("given", [False, True])
async def test_one_who_gives_up_waiting_keeps_nothing(pool: ConnectionPool, *, given: bool) -> None:
    """Also where it was given one at that very moment."""
    first = await acquired(pool)
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    if given:
        pool.release(first)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    if not given:
        pool.release(first)
    assert await acquired(pool) is first


async def test_the_one_used_last_is_taken_and_who_nobody_uses_is_closed(places: Places) -> None:
    pool = ConnectionPool(places.connect, 3, IDLE)
    kept, last, other = [await acquired(pool) for _ in range(3)]
    pool.release(other)
    await asyncio.sleep(IDLE / 2)
    pool.release(last)
    assert pool.take() is last
    pool.release(last)
    async with asyncio.timeout(10):
        while not last.is_closed():
            assert other.is_closed() or last.rested < IDLE
            await asyncio.sleep(IDLE / 10)
    assert other.is_closed()
    assert await kept.fetchval("SELECT 1") == 1
    pool.close()


async def test_one_that_was_closed_while_free_makes_room(pool: ConnectionPool) -> None:
    first = await acquired(pool)
    pool.release(first)
    first.terminate()
    second = await acquired(pool)
    assert second is not first
    assert await second.fetchval("SELECT 1") == 1


async def test_one_that_was_closed_in_use_makes_room_for_who_waits(pool: ConnectionPool) -> None:
    first = await acquired(pool)
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    first.terminate()
    pool.release(first)
    assert await (await waiting).fetchval("SELECT 1") == 1


async def test_one_that_was_used_often_is_replaced(pool: ConnectionPool) -> None:
    first = await acquired(pool)
    first.uses = MOST_USES - 2
    pool.release(first)
    assert await acquired(pool) is first
    pool.release(first)
    assert first.is_closed()
    assert await acquired(pool) is not first


async def test_what_could_not_be_opened_takes_no_room(pool: ConnectionPool, places: Places) -> None:
    places.trouble.append(ConnectionError())
    with pytest.raises(ConnectionError):
        await acquired(pool)
    first = await acquired(pool)
    waiting = asyncio.create_task(pool.acquire())
    await asyncio.sleep(0)
    places.trouble.append(ConnectionError())
    first.terminate()
    pool.release(first)
    with pytest.raises(ConnectionError):
        await waiting
    assert await (await acquired(pool)).fetchval("SELECT 1") == 1


async def test_all_are_closed_in_the_end(places: Places) -> None:
    pool = ConnectionPool(places.connect, 2, 60.0)
    free, used = await acquired(pool), await acquired(pool)
    pool.release(free)
    pool.close()
    assert (free.is_closed(), used.is_closed()) == (True, True)
    with pytest.raises(asyncpg.InterfaceError):
        await acquired(pool)


async def test_where_the_server_has_no_more_for_us_those_we_have_are_waited_for(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    """Also whoever was next in line meanwhile; the log says it once."""
    url = stores.postgres.url
    await execute(url, "DROP ROLE IF EXISTS two_at_most")
    await execute(url, "CREATE ROLE two_at_most LOGIN CONNECTION LIMIT 2")
    places = Places(url.replace("latchkey@", "two_at_most@"))
    pool = ConnectionPool(places.connect, 5, 60.0)

    async def use(number: int) -> int:
        connection = await acquired(pool)
        found: int = await connection.fetchval("SELECT $1::int FROM pg_sleep(0.05)", number)
        pool.release(connection)
        return found

    assert await asyncio.gather(*map(use, range(12))) == [*range(12)]
    [line] = [each.__dict__ for each in caplog.records if each.name == "app.outages"]
    assert (line["wanted"], line["reason"]) == (5, 'too many connections for role "two_at_most"')
    pool.close()


async def test_without_any_it_is_told_that_there_is_none(places: Places) -> None:
    places.trouble = [asyncpg.TooManyConnectionsError("sorry, too many clients already")]
    pool = ConnectionPool(places.connect, 5, 60.0)
    with pytest.raises(asyncpg.TooManyConnectionsError):
        await acquired(pool)
    pool.release(await acquired(pool))
    pool.close()
