"""Redis that was demoted, forgets single keys, is full, or does not let us in."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from app.adapters.redis import SILENCE, Redis
from app.domain.errors import Unavailable
from app.domain.limits import DAY
from app.domain.ports import Tally, Window
from tests.faults.staged import until
from tests.standins.silent import lost_packets
from tests.standins.tunnels import tls_before
from tests.valkeys import Valkey, running_valkey

LONG = timedelta(minutes=1)
ROOM = Tally("texts:number:+61491570006", (Window(3600, 100),))


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    with running_valkey() as one:
        yield one


@pytest.fixture
async def memory(valkey: Valkey) -> AsyncIterator[Redis]:
    opened = Redis(valkey.url)
    yield opened
    await opened.close()


async def test_after_a_failover_the_new_server_is_found_at_once(
    valkey: Valkey, tmp_path: Path
) -> None:
    address = tmp_path / "s"
    address.symlink_to(valkey.socket)
    memory = Redis(f"unix://{address}")
    with running_valkey() as new:
        await asyncio.gather(*(memory.put(f"k{n}", b"old", LONG) for n in range(4)))
        valkey.ask("REPLICAOF", "127.0.0.1", new.port)
        address.unlink()
        address.symlink_to(new.socket)
        await asyncio.gather(
            memory.count([ROOM], "a"),
            memory.uncount([ROOM], "b"),
            memory.take("k1"),
            *(memory.put(f"k{n}", b"new", LONG) for n in range(4)),
        )
        assert new.ask("GET", "{latchkey}:k3") == b"new"
    await memory.close()


async def test_who_gives_up_on_a_host_that_is_gone_has_waited_for_the_next() -> None:
    with lost_packets() as port:
        memory = Redis(f"redis://127.0.0.1:{port}")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.4):
                await memory.get("health")
        async with asyncio.timeout(0.2):
            with pytest.raises(Unavailable):
                await memory.get("health")
        await memory.close()


async def test_a_server_that_stays_read_only_is_an_outage_that_health_sees(
    valkey: Valkey, memory: Redis
) -> None:
    assert await memory.check() == ""
    valkey.ask("REPLICAOF", "127.0.0.1", 1)
    with pytest.raises(Unavailable) as told:
        await memory.check()
    assert "read only replica" in told.value.reason
    with pytest.raises(Unavailable):
        await memory.count([ROOM], "a")


async def test_a_tally_that_was_evicted_makes_the_memory_young(
    valkey: Valkey, memory: Redis
) -> None:
    valkey.ask("SET", "{latchkey}:counting_since", 0)
    assert (await memory.count([ROOM], "a")).memory_age > DAY
    valkey.forget_one("{latchkey}:" + ROOM.key)
    assert (await memory.count([ROOM], "b")).memory_age <= 3
    assert (await memory.count([ROOM], "c")).memory_age <= 3, "and not for this one alone"
    valkey.ask("SET", "{latchkey}:counting_since", 0)
    assert (await memory.count([ROOM], "d")).memory_age > DAY, "until it has counted for a day"


@pytest.mark.parametrize("policy", ["volatile-lru", "allkeys-random", "volatile-ttl"])
async def test_any_policy_that_forgets_is_told(valkey: Valkey, memory: Redis, policy: str) -> None:
    valkey.set_up(maxmemory_policy=policy)
    assert policy in await memory.check()


async def test_who_may_not_ask_how_much_was_evicted_trusts_nothing(valkey: Valkey) -> None:
    valkey.ask("ACL", "SETUSER", "app", "on", ">pw", "~*", "+@all", "-info")
    memory = Redis(valkey.url.replace("unix://", "unix://app:pw@"))
    valkey.ask("SET", "{latchkey}:counting_since", 0)
    assert (await memory.count([ROOM], "a")).memory_age == 0
    assert "not told" in await memory.check()
    await memory.close()


WRONG = [
    ("CONFIG SET requirepass hunter2", "already authenticated"),
    ("CONFIG SET maxmemory 1", "maxmemory"),
    ("REPLICAOF 127.0.0.1 1", "read only replica"),
]


@pytest.mark.parametrize(("change", "words"), WRONG)
async def test_the_reason_is_the_servers_own_words_and_told_once(
    valkey: Valkey, memory: Redis, caplog: pytest.LogCaptureFixture, change: str, words: str
) -> None:
    valkey.ask(*change.split())
    for _ in range(3):
        with pytest.raises(Unavailable) as told:
            await memory.put("texts:number:+61491570006", b"1", LONG)
    assert words in told.value.reason
    lines = [record for record in caplog.records if record.name == "app.outages"]
    assert [line.__dict__["reason"] for line in lines] == [told.value.reason]


async def test_a_reason_names_no_key(valkey: Valkey, memory: Redis) -> None:
    valkey.ask("REPLICAOF", "127.0.0.1", 1)
    with pytest.raises(Unavailable) as told:
        await memory.uncount([ROOM], "a")
    assert "read only replica" in told.value.reason
    assert not [each for each in ("+614", "texts", "pipeline") if each in told.value.reason]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://app:hunter2@127.0.0.1:1/0", "onnection refused"),
        ("redis://app:hunter2@127.0.0.1:PORT/0", "invalid username-password pair"),
        ("redis://app:hunter2@nowhere.invalid/0", "not known"),
        ("unix:///nowhere/redis.sock", "o such file or directory"),
    ],
)
async def test_why_nobody_is_let_in_is_told_without_address_and_password(
    valkey: Valkey, url: str, words: str
) -> None:
    memory = Redis(url.replace("PORT", str(valkey.port)))
    with pytest.raises(Unavailable) as told:
        await memory.get("a")
    assert words in told.value.reason
    hidden = ("127.0.0.1", str(valkey.port), "hunter2", "nowhere")
    assert not [each for each in hidden if each in told.value.reason]
    await memory.close()


async def test_every_key_begins_with_the_prefix(valkey: Valkey) -> None:
    memory = Redis(valkey.url, "door:")
    await memory.put("a", b"1", LONG)
    await memory.count([ROOM], "a")
    keys = valkey.ask("KEYS", "*")
    assert len(keys) == 3
    assert all(key.startswith(b"door:{latchkey}:") for key in keys)
    assert (await memory.get("a"), await memory.take("a")) == (b"1", b"1")
    await memory.close()


async def test_over_tls_a_certificate_is_checked_unless_the_url_says_not(valkey: Valkey) -> None:
    with tls_before(valkey.socket) as (port, certificate):
        url = f"rediss://localhost:{port}/0"
        strange, trusted = Redis(url), Redis(f"{url}?ssl_ca_certs={certificate}")
        anybody = Redis(f"{url}?ssl_cert_reqs=CERT_NONE&ssl_check_hostname=false")
        with pytest.raises(Unavailable) as told:
            await in_time(lambda: strange.get("a"))
        assert "certificate is not trusted" in told.value.reason
        for memory in (trusted, anybody):
            await in_time(partial(memory.put, "a", b"1", LONG))
        for memory in (strange, trusted, anybody):
            await memory.close()


async def in_time(ask: Callable[[], Awaitable[object]]) -> None:
    """Asks again where a busy machine was slower to agree on keys than an answer is waited for."""
    for left in range(10, -1, -1):
        try:
            await ask()
        except Unavailable as told:
            if told.reason != "no answer in time" or not left:
                raise
            await asyncio.sleep(SILENCE)
        else:
            return


async def test_a_wrong_password_is_told_in_the_servers_words(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    valkey.ask("ACL", "SETUSER", "app", "on", ">right", "~*", "+@all")
    memory = Redis(valkey.url.replace("unix://", "unix://app:wrong@"))
    with pytest.raises(Unavailable) as told:
        await memory.check()
    assert "invalid username-password pair" in told.value.reason
    assert [record.__dict__["reason"] for record in caplog.records] == [told.value.reason]
    await memory.close()


async def test_a_server_that_cannot_save_takes_no_writes_and_says_why(
    valkey: Valkey, memory: Redis
) -> None:
    assert await memory.check() == ""
    (valkey.socket.parent / "dump.rdb").mkdir()  # where it would save to
    valkey.set_up(save="3600 1")
    valkey.ask("BGSAVE")
    until(lambda: valkey.ask("INFO", "persistence")["rdb_last_bgsave_status"] == "err")
    with pytest.raises(Unavailable) as told:
        await memory.check()
    assert "MISCONF" in told.value.reason
    valkey.set_up(save="")  # or it would not end without having saved
