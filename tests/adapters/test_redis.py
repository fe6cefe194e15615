"""The short memory on a real server: atomic, forgetful, and silent for a moment at most."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from time import monotonic

import pytest
from redis import Redis as Client

from app.adapters.redis import REFILLING, SILENCE, Redis
from app.adapters.redis_connection import TIMEOUT
from app.dev.stores.files import clear_sockets, data_folder, socket_folder
from app.dev.stores.servers import ValkeyServer
from app.domain.errors import Unavailable
from app.domain.limits import DAY
from app.domain.ports import PastEntry, Refilled, Tally, Window
from tests.valkeys import Valkey

LONG = timedelta(minutes=1)
TALLY = Tally("test", (Window(60, 2),))


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    data = data_folder(tmp_path_factory.mktemp("valkey"))
    server = ValkeyServer(data, socket_folder(data), durable=False)
    server.start()
    yield server
    server.stop()
    clear_sockets(data)


@pytest.fixture
async def memory(valkey: ValkeyServer) -> AsyncIterator[Redis]:
    with Client.from_url(valkey.url) as client:
        client.flushall()
    opened = Redis(valkey.url)
    yield opened
    await opened.close()


async def test_two_hundred_at_once_are_each_given_their_own(memory: Redis) -> None:
    numbers = range(200)
    await asyncio.gather(*(memory.put(f"k{n}", b"%d" % n, LONG) for n in numbers))
    told = await asyncio.gather(*(memory.get(f"k{n}") for n in numbers))
    assert told == [b"%d" % n for n in numbers]


async def test_whoever_leaves_takes_no_answer_with_them(memory: Redis) -> None:
    await memory.put("a", b"1", LONG)
    leaving = [asyncio.create_task(memory.get("nothing")) for _ in range(50)]
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    assert await memory.get("a") == b"1"


async def test_a_restart_is_not_noticed(valkey: ValkeyServer, memory: Redis) -> None:
    await memory.put("a", b"1", LONG)
    valkey.stop()
    valkey.start()
    assert await memory.get("a") is None


async def test_a_server_that_hangs_is_waited_for_once(valkey: ValkeyServer, memory: Redis) -> None:
    await memory.put("a", b"1", LONG)
    valkey.suspend()
    seconds = []
    try:
        for _ in range(3):
            started = monotonic()
            with pytest.raises(Unavailable):
                await memory.get("a")
            seconds.append(monotonic() - started)
    finally:
        valkey.resume()
    assert max(seconds[1:]) < TIMEOUT <= seconds[0]
    await asyncio.sleep(SILENCE)
    assert await memory.get("a") == b"1"


async def test_a_full_tally_takes_no_entry_and_says_how_long(memory: Redis) -> None:
    free = Tally("free", (Window(60, 5),))
    counts = [await memory.count([free, TALLY], entry) for entry in "abc"]
    assert [count.reached and count.reached.index for count in counts] == [None, None, 1]
    assert counts[2].reached
    assert 40 <= counts[2].reached.retry_after <= 60
    await memory.uncount([free, TALLY], "a")
    assert (await memory.count([TALLY], "c")).reached is None


async def test_entries_that_leave_at_once_all_leave(memory: Redis) -> None:
    room = Tally("room", (Window(60, 8),))
    entries = [str(number) for number in range(8)]
    for _ in range(2):
        assert not any([(await memory.count([room], entry)).reached for entry in entries])
        assert (await memory.count([room], "one more")).reached
        await asyncio.gather(*(memory.uncount([room], entry) for entry in entries))
        entries = [f"{entry} again" for entry in entries]


async def test_who_goes_away_keeps_the_entries_of_no_other(memory: Redis) -> None:
    room = Tally("room", (Window(60, 2),))
    for entry in "ab":
        await memory.count([room], entry)
    leaving = [asyncio.create_task(memory.uncount([room], entry)) for entry in "ab"]
    await asyncio.sleep(0)
    leaving[0].cancel()
    await leaving[1]
    assert not any([(await memory.count([room], entry)).reached for entry in "cd"])


async def test_each_who_leaves_hears_that_it_is_silent(valkey: ValkeyServer, memory: Redis) -> None:
    await memory.count([TALLY], "a")
    valkey.suspend()
    try:
        asked = [memory.uncount([TALLY], entry) for entry in "ab"]
        done = await asyncio.gather(*asked, return_exceptions=True)
    finally:
        valkey.resume()
    assert [type(outcome) for outcome in done] == [Unavailable, Unavailable]
    await asyncio.sleep(SILENCE)


async def test_an_entry_asked_for_again_counts_once(memory: Redis) -> None:
    """The answer may have been lost on the way; the entry was not."""
    entries = ["a", "a", "a", "b"]
    counts = [await memory.count([TALLY], entry) for entry in entries]
    assert [count.reached for count in counts] == [None] * 4
    assert (await memory.count([TALLY], "c")).reached


async def test_what_it_missed_it_has_forgotten(valkey: ValkeyServer, memory: Redis) -> None:
    others = Redis(valkey.url)
    with Client.from_url(valkey.url) as client:
        client.set("{latchkey}:counting_since", 0)
    assert (await others.count([TALLY], "a")).memory_age > DAY
    await miss(valkey, memory)
    ages = [(await one.count([TALLY], "c")).memory_age for one in (memory, others, memory)]
    await others.close()
    assert max(ages) < 60, "and tells everybody so"


async def test_a_tally_may_have_an_entry_of_its_own(memory: Redis) -> None:
    """Ten accounts however often each is tried, and twenty tries in all."""
    accounts, tries = Tally("accounts", (Window(60, 2),)), Tally("tries", (Window(60, 5),))

    async def reached(account: str, attempt: str) -> int | None:
        count = await memory.count([replace(accounts, entry=account), tries], attempt)
        return count.reached and count.reached.index

    assert [await reached(*both) for both in ("a1", "a2", "b3", "c4", "a5")] == [
        None, None, None, 0, None,
    ]  # fmt: skip
    assert [await reached("b", "6"), await reached("b", "7")] == [None, 1]
    await memory.uncount([replace(accounts, entry="a"), tries], "1")
    assert [await reached("c", "8"), await reached("a", "9")] == [None, 0]


async def test_an_entry_that_is_over_is_entered_anew(memory: Redis) -> None:
    brief = Tally("brief", (Window(1, 1),))
    assert (await memory.count([brief], "a")).reached is None
    await asyncio.sleep(0.6)
    assert (await memory.count([brief], "a")).reached is None
    await asyncio.sleep(0.5)
    assert (await memory.count([brief], "a")).reached is None
    assert (await memory.count([brief], "b")).reached


async def test_fifty_at_once_find_room_for_two(memory: Redis) -> None:
    counts = await asyncio.gather(*(memory.count([TALLY], str(n)) for n in range(50)))
    assert sum(count.reached is None for count in counts) == 2


async def test_the_wait_grows_with_each_entry(memory: Redis) -> None:
    waiting = Tally("waits", (Window(3600, 9),), waits=(30, 60))
    assert (await memory.count([waiting], "a")).reached is None
    told = (await memory.count([waiting], "b")).reached
    assert told
    assert (told.waiting, told.retry_after) == (True, 30)


async def test_one_at_a_time_refills_it(memory: Redis) -> None:
    await memory.count([TALLY], "a")
    name = await memory.begin_refill()
    assert (bool(name), await memory.begin_refill()) == (True, "")
    await memory.refill([PastEntry(TALLY, entry, 50.0) for entry in ("a", "b")])
    await memory.end_refill(name, Refilled.ALL)
    count = await memory.count([TALLY], "c")
    assert (count.refilled, bool(count.reached)) == (Refilled.ALL, True)
    assert count.reached
    assert count.reached.retry_after <= 10, "b was entered as of long ago"


async def test_one_that_stopped_half_way_is_begun_anew(valkey: ValkeyServer, memory: Redis) -> None:
    await memory.count([TALLY], "a")
    assert await memory.begin_refill()
    with Client.from_url(valkey.url) as client:
        assert 0 < client.pttl("{latchkey}:refilling") <= REFILLING
    assert (await memory.count([TALLY], "b")).refilled is Refilled.NO


@pytest.mark.parametrize("forgetting", ["flush", "miss", "eviction"])
@pytest.mark.parametrize("is_over", [False, True])
async def test_what_is_forgotten_makes_a_refill_vain(
    valkey: ValkeyServer, memory: Redis, forgetting: str, is_over: bool
) -> None:
    await memory.count([TALLY], "a")  # what was evicted before is known
    with Client.from_url(valkey.url) as client:
        client.set("{latchkey}:counting_since", 5000)
        name = await memory.begin_refill()
        if is_over:
            await memory.end_refill(name, Refilled.BUT_DELETED)
            assert (await memory.count([TALLY], "a")).refilled is Refilled.BUT_DELETED
        if forgetting == "flush":
            client.flushall()
        elif forgetting == "miss":
            await miss(valkey, memory)
        else:
            client.set("one", 1, ex=1000)
            Valkey(valkey.socket).forget_one("one")
        assert (await memory.count([TALLY], "a")).refilled is Refilled.NO
    await memory.end_refill(name, Refilled.ALL)
    assert (await memory.count([TALLY], "a")).refilled is Refilled.NO


async def miss(valkey: ValkeyServer, memory: Redis) -> None:
    """Something to count, while the server hangs."""
    valkey.suspend()
    with pytest.raises(Unavailable):
        await memory.count([TALLY], "a")
    valkey.resume()
    await asyncio.sleep(SILENCE)
