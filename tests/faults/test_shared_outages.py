"""Two processes and a sender in trouble: one that finds out spares the other, by way of Redis."""

from collections.abc import AsyncIterator

import pytest
from redis import Redis as Client

from app.adapters.redis import Redis
from app.domain.delivery import senders
from app.domain.delivery.senders import FAILURES, LIFETIME, REST, SPARED, Senders, SharedOutages
from app.domain.errors import Unavailable
from app.domain.ports import Text
from tests.faults import test_failover
from tests.faults.dispatchers import DispatcherSetup, Vendor, composed, named, sending_by
from tests.stores import Stores

two = test_failover.two


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    turned = Clock()
    monkeypatch.setattr(senders, "monotonic", turned)
    return turned


@pytest.fixture
async def memory(stores: Stores) -> AsyncIterator[Redis]:
    stores.valkey_flush(2)
    opened = Redis(f"{stores.redis_url}?db=2")
    yield opened
    await opened.close()


class Process:
    def __init__(self, memory: Redis) -> None:
        self.senders = Senders(named("first", Vendor()), named("second", Vendor()))
        self.first = self.senders.all[0].breaker
        self.outages = SharedOutages(memory, self.senders.all)

    async def fail(self) -> None:
        for _ in range(FAILURES):
            self.first.record_failure()
        await self.outages.exchange()


async def test_who_finds_out_spares_the_others_and_tries_again_first(
    memory: Redis, clock: Clock
) -> None:
    one, other = Process(memory), Process(memory)
    await one.fail()
    await other.outages.exchange()
    assert (other.first.is_open, other.senders.next.name) == (True, "second")
    assert not other.senders.are_down
    clock.now += REST
    await one.outages.exchange()
    await other.outages.exchange()
    assert (one.first.is_open, other.first.is_open) == (False, True)
    one.first.record_success()
    await one.outages.exchange()
    clock.now += SPARED
    await other.outages.exchange()
    assert (other.first.tripped, other.senders.next.name) == (False, "first")


async def test_who_tells_is_told_nothing_by_itself(memory: Redis, clock: Clock) -> None:
    one = Process(memory)
    await one.fail()
    clock.now += REST
    await one.outages.exchange()
    assert (one.first.tripped, one.first.is_open) == (True, False)


async def test_what_is_told_is_forgotten_without_news(memory: Redis, stores: Stores) -> None:
    await Process(memory).fail()
    with Client.from_url(f"{stores.redis_url}?db=2") as client:
        [key] = client.keys("*sender-down:first")
        assert 0 < client.pttl(key) <= LIFETIME.total_seconds() * 1000


class Silent:
    async def put(self, *_: object) -> None:
        raise Unavailable

    get = take = put


async def test_where_redis_is_silent_each_goes_by_itself(clock: Clock) -> None:
    silent: Redis = Silent()
    one, other = Process(silent), Process(silent)
    await one.fail()
    await other.outages.exchange()
    assert (one.first.is_open, other.first.is_open) == (True, False)
    other.first.spare(SPARED)
    assert other.first.is_open
    clock.now += SPARED
    assert not other.first.is_open


async def test_a_spared_sender_is_asked_by_nobody(two: DispatcherSetup) -> None:
    await two.queue("+1")
    texts = two.senders()
    texts.all[0].breaker.spare(60.0)
    async with two.database() as database:
        await test_failover.sent_once(two, sending_by({Text: texts}, database, composed))
    assert (two.vendor.taken, two.vendor.asked) == ([], 0)


async def test_the_log_says_once_that_it_begins_and_once_that_it_is_over(
    clock: Clock, memory: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    process = Process(memory)
    for _ in range(FAILURES):
        process.first.record_failure()
    process.first.words = "connection refused"
    for _ in range(3):
        await process.outages.exchange()
    process.first.record_success()
    for _ in range(3):
        await process.outages.exchange()
    lines = [record.__dict__ for record in caplog.records if record.name == "app.sending"]
    assert [line["message"] for line in lines] == ["sender left alone", "sender used again"]
    assert [line["sender"] for line in lines] == ["first"] * 2
    assert lines[0]["reason"] == "connection refused"
