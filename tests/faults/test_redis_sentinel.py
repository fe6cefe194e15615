"""Redis behind three sentinels: whichever is the primary is written to, and nothing is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from time import monotonic

import pytest

from app.adapters.redis import Redis
from app.adapters.redis_sentinel import LOOKED_EVERY
from app.domain.errors import Unavailable
from tests.faults.staged import until
from tests.product import Product
from tests.redis_failover import LONG, count_before, count_over, reason_of, sign_up_over
from tests.sentinels import SentinelSet, running_sentinels

SOON = 5.0  # seconds in which a new primary is found, on a busy machine


@pytest.fixture(scope="module")
def sentinels() -> Iterator[SentinelSet]:
    with running_sentinels() as running:
        yield running


@pytest.fixture
async def memory(sentinels: SentinelSet) -> AsyncIterator[Redis]:
    until(sentinels.is_whole, 20)
    opened = Redis(sentinels.url)
    yield opened
    await opened.close()


async def patiently(memory: Redis, key: str) -> None:
    """As somebody does who is told that it is unavailable."""
    deadline = monotonic() + SOON
    while True:
        try:
            return await memory.put(key, b"1", LONG)
        except Unavailable:
            assert monotonic() < deadline
            await asyncio.sleep(0.1)


async def test_the_primary_is_found_and_named(sentinels: SentinelSet, memory: Redis) -> None:
    await memory.put("a", b"1", LONG)
    assert sentinels.primary.ask("GET", "{latchkey}:a") == b"1"
    assert await memory.check() == ""
    assert memory.primaries == f"127.0.0.1:{sentinels.primary.port}"
    assert len(await memory.look_at_servers()) == 2


async def test_the_policy_of_a_replica_counts_too(sentinels: SentinelSet, memory: Redis) -> None:
    [replica] = [each for each in sentinels.servers if each is not sentinels.primary]
    replica.set_up(maxmemory_policy="allkeys-lru")
    assert f"of 127.0.0.1:{replica.port} is allkeys-lru" in await memory.check()
    replica.start_afresh()


async def test_a_planned_failover_loses_nothing_that_was_counted(
    sentinels: SentinelSet, memory: Redis
) -> None:
    counted = await count_over(memory, partial(sentinels.fail_over, "COORDINATED"))
    await patiently(memory, "a")
    assert await count_before(memory) == counted


async def test_a_primary_that_was_replaced_is_left_although_it_takes_writes(
    sentinels: SentinelSet, memory: Redis
) -> None:
    before = sentinels.primary
    await memory.put("a", b"1", LONG)
    with sentinels.at_their_usual_pace():
        await asyncio.to_thread(sentinels.fail_over)
        deadline = monotonic() + LOOKED_EVERY + 0.5
        while not sentinels.primary.ask("EXISTS", "{latchkey}:b"):
            assert monotonic() < deadline
            await memory.put("b", b"1", LONG)
            await asyncio.sleep(0.05)
        assert before.ask("ROLE")[0] == b"master", "it takes writes still"


async def test_a_primary_that_hangs_is_replaced(sentinels: SentinelSet, memory: Redis) -> None:
    before = sentinels.primary
    await memory.put("a", b"1", LONG)
    with before.suspended():
        await asyncio.to_thread(sentinels.wait_for_another, before.port)
        await patiently(memory, "b")
        assert await memory.get("a") == b"1"
    assert sentinels.primary.ask("GET", "{latchkey}:b") == b"1"


def test_a_sign_up_goes_on_over_a_failover(
    sentinels: SentinelSet, another_product: Callable[..., Product]
) -> None:
    until(sentinels.is_whole, 20)
    product = another_product(REDIS_URL=sentinels.url)
    before = sentinels.primary
    sign_up_over(product, before.suspended(), partial(sentinels.wait_for_another, before.port))


WRONG = [
    ("redis+sentinel://127.0.0.1:1,127.0.0.1:2/door", "no sentinel answers: connection refused"),
    ("URL/another", "no sentinel knows the service that REDIS_URL names"),
    ("URL/door?sentinel_username=a&sentinel_password=b", "no sentinel answers: invalid username"),
    ("redis+sentinel://127.0.0.1:SERVER/door", "no sentinel answers: unknown command 'SENTINEL'"),
]


@pytest.mark.parametrize(("url", "words"), WRONG)
async def test_a_wrong_url_is_told_in_one_sentence(
    sentinels: SentinelSet, url: str, words: str
) -> None:
    place = sentinels.url.rpartition("/")[0]
    given = url.replace("URL", place).replace("SERVER", str(sentinels.servers[0].port))
    assert words in await reason_of(given)
