"""Redis as a cluster: each key where it belongs, over failovers and while slots move."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from redis.crc import key_slot

from app.adapters.redis import Redis
from app.domain.ports import Tally, Window
from tests.clusters import Cluster, running_cluster
from tests.faults.staged import until
from tests.product import Product
from tests.redis_failover import LONG, count_before, count_over, reason_of, sign_up_over
from tests.valkeys import Valkey, running_valkey

TALLY = Tally("test", (Window(3600, 2),))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as running:
        yield running


@pytest.fixture
async def memory(cluster: Cluster) -> AsyncIterator[Redis]:
    until(cluster.is_whole, 20)
    for server in cluster.primaries:
        server.ask("FLUSHALL")
    opened = Redis(cluster.url)
    yield opened
    await opened.close()


async def test_flows_are_spread_and_tallies_are_together(cluster: Cluster, memory: Redis) -> None:
    await asyncio.gather(*(memory.put(f"k{n}", b"%d" % n, LONG) for n in range(60)))
    assert await asyncio.gather(*(memory.get(f"k{n}") for n in range(60))) == [
        b"%d" % n for n in range(60)
    ]
    assert min(server.ask("DBSIZE") for server in cluster.primaries) > 5
    asked = (memory.count([TALLY, Tally(f"t{n}", TALLY.windows)], f"e{n}") for n in range(50))
    told = await asyncio.gather(*asked)
    assert sum(count.reached is None for count in told) == 2
    await memory.uncount([TALLY], "e0")
    assert (await memory.take("k1"), await memory.get("k1")) == (b"1", None)
    assert await memory.holds_any([TALLY, Tally("t0", TALLY.windows)])


async def test_primaries_are_named_and_the_policy_of_each_server_counts(
    cluster: Cluster, memory: Redis
) -> None:
    assert await memory.check() == ""
    assert memory.primaries.count("127.0.0.1:") == 3
    assert len(await memory.look_at_servers()) == 4
    [replica] = cluster.replicas
    replica.set_up(maxmemory_policy="allkeys-lru")
    assert f"of 127.0.0.1:{replica.port} is allkeys-lru" in await memory.check()
    replica.start_afresh()


async def test_a_planned_failover_loses_nothing_that_was_counted(
    cluster: Cluster, memory: Redis
) -> None:
    counted = await count_over(memory, cluster.fail_over)
    assert await count_before(memory) == counted


async def test_while_a_slot_moves_its_keys_are_found_in_both_places(
    cluster: Cluster, memory: Redis
) -> None:
    await memory.put("first", b"1", LONG)
    slot = key_slot(b"latchkey:first")
    source = cluster.primary_of(slot)
    target = next(each for each in cluster.primaries if each is not source)
    target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source.ask("CLUSTER", "MYID"))
    source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target.ask("CLUSTER", "MYID"))
    assert await memory.get("first") == b"1"
    source.ask("MIGRATE", "127.0.0.1", target.port, "latchkey:first", 0, 1000)
    assert await memory.get("first") == b"1"
    for server in (target, source):
        server.ask("CLUSTER", "SETSLOT", slot, "NODE", target.ask("CLUSTER", "MYID"))
    assert await memory.get("first") == b"1"


def test_a_sign_up_goes_on_over_a_failover(
    cluster: Cluster, another_product: Callable[..., Product]
) -> None:
    until(cluster.is_whole, 20)
    product = another_product(REDIS_URL=cluster.url)
    before = cluster.tallied_at
    sign_up_over(
        product, before.suspended(), lambda: until(lambda: cluster.sees_another(before), 20)
    )


@pytest.fixture(scope="module")
def alone() -> Iterator[Valkey]:
    with running_valkey() as one:
        yield one


WRONG = [
    ("redis+cluster://127.0.0.1:1,127.0.0.1:2", "no server of the cluster answers: connection"),
    ("redis+cluster://127.0.0.1:ALONE", "no server that REDIS_URL names is one of a cluster"),
    ("redis+cluster://a:b@127.0.0.1:MEMBER", "no server of the cluster answers: invalid username"),
]


@pytest.mark.parametrize(("url", "words"), WRONG)
async def test_a_wrong_url_is_told_in_one_sentence(
    cluster: Cluster, alone: Valkey, url: str, words: str
) -> None:
    given = url.replace("ALONE", str(alone.port)).replace("MEMBER", str(cluster.servers[0].port))
    assert words in await reason_of(given)
