"""Vital signs, on real stores that nobody else uses: what is late, apart, full or silent."""

import asyncio
from collections.abc import AsyncIterator, Callable
from time import time

import pytest

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.domain.checks import Status
from app.domain.identity.hashing import PasswordHashing
from app.domain.keys import SecretKeys, fingerprint_of
from app.domain.ports import Refilled
from app.domain.sessions.tokens import AccessTokens
from app.domain.vitals import CountedBy, Release, Vitals
from tests.domain.test_hashing import ROOM, held_up
from tests.stores import Stores, execute

LEFT = """
INSERT INTO deliveries
  (id, channel, template, destination, address, network, next_try_at, created_at, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+61491570006', '192.0.2.1/32', '192.0.2.0/24',
  clock_timestamp() - make_interval(secs => late), clock_timestamp() - interval '2 minutes',
  clock_timestamp() + interval '5 minutes'
FROM unnest(ARRAY[60, -20]) late
"""
NOWHERE = "redis://127.0.0.1:1"


class Patient:
    """Vitals of a server, and its database."""

    def __init__(self, url: str, redis_url: str) -> None:
        self.url, self.database, self.memory = url, Postgres(url), Redis(redis_url)
        self.hashing, self.secrets = PasswordHashing(), SecretKeys(("one", "two"))
        self.vitals = self.with_memory(self.memory)

    def with_memory(self, memory: Redis, clock: Callable[[], float] = time) -> Vitals:
        tokens, release = AccessTokens("http://127.0.0.1"), Release("1.2.3", "202612010000")
        return Vitals(self.database, memory, self.hashing, tokens, self.secrets, release, clock)


@pytest.fixture
async def patient(stores: Stores) -> AsyncIterator[Patient]:
    stores.valkey_flush(6)
    url = await asyncio.to_thread(stores.new_database)
    one = Patient(url, f"{stores.redis_url}?db=6")
    await one.database.open()
    yield one
    one.hashing.close()
    await one.memory.close()
    await one.database.close()


async def test_a_message_that_nobody_sends_is_told_as_overdue(patient: Patient) -> None:
    check = patient.vitals.checks["outbox"]
    assert await check() == (Status.PASS, "0 to be sent, the longest overdue by 0 s")
    await execute(patient.url, LEFT)
    assert await check() == (Status.WARN, "2 to be sent, the longest overdue by 60 s")
    [waiting] = patient.vitals.waiting or ()
    assert (waiting.channel, waiting.kind, waiting.messages) == ("sms", "code", 2)
    assert 119 < waiting.age < 150
    told = patient.vitals.describe()["outbox"]
    assert (told["messages"], round(told["age"])) == (2, round(waiting.age))


async def test_an_outbox_that_cannot_be_read_is_unknown_and_not_empty(patient: Patient) -> None:
    """And as it was while somebody looks."""
    vitals, check = patient.vitals, patient.vitals.checks["outbox"]
    await execute(patient.url, LEFT)
    await check()
    async with patient.database.transaction() as other:
        await other.execute("LOCK deliveries")
        looking = asyncio.create_task(check())
        await asyncio.sleep(0.1)
        assert vitals.describe()["outbox"]["messages"] == 2
        looking.cancel()
        await asyncio.wait([looking])
    assert vitals.waiting is None
    assert set(vitals.describe()["outbox"].values()) == {None}
    await check()
    assert vitals.describe()["outbox"]["messages"] == 2


async def test_clocks_that_are_apart_warn(patient: Patient) -> None:
    status, _ = await patient.vitals.checks["clock"]()
    assert (status, abs(patient.vitals.describe()["clock"]["offset"]) < 1) == (Status.PASS, True)
    fast = patient.with_memory(patient.memory, lambda: time() + 100)
    status, note = await fast.checks["clock"]()
    assert (status, note.endswith(" s ahead of the database’s")) == (Status.WARN, True)
    assert 99 < fast.describe()["clock"]["offset"] < 101


async def test_whoever_counts_limits_is_told(patient: Patient, stores: Stores) -> None:
    async def counted_by(vitals: Vitals) -> tuple[Status, CountedBy | None]:
        status, _ = await vitals.checks["limits"]()
        return status, vitals.limits_by

    assert await counted_by(patient.vitals) == (Status.PASS, CountedBy.BOTH)
    await patient.memory.end_refill(await patient.memory.begin_refill(), Refilled.ALL)
    assert await counted_by(patient.vitals) == (Status.PASS, CountedBy.REDIS)
    silent = Redis(NOWHERE)
    assert await counted_by(patient.with_memory(silent)) == (Status.WARN, CountedBy.POSTGRESQL)
    await silent.close()


async def test_a_queue_that_is_nearly_full_warns(patient: Patient) -> None:
    check = patient.vitals.checks["hashing"]
    assert await check() == (Status.PASS, "0 of 16 places are taken")
    with held_up(patient.hashing):
        asking = [asyncio.create_task(patient.hashing.hash_password("x")) for _ in range(ROOM)]
        await asyncio.sleep(0)
        assert await check() == (Status.WARN, "16 of 16 places are taken")
        assert patient.vitals.describe()["hash_queue"] == 16
        for one in asking[1:]:
            one.cancel()
    await asyncio.wait(asking)


def test_a_fingerprint_is_of_its_key_alone_and_hides_it() -> None:
    assert fingerprint_of("one") != fingerprint_of("two")
    assert len(fingerprint_of("one")) == 8
    assert "one" not in fingerprint_of("one")


async def test_the_key_that_signs_is_told_first(patient: Patient) -> None:
    one, two = map(fingerprint_of, ("one", "two"))
    assert patient.vitals.describe()["keys"]["secret"] == [one, two]
    patient.secrets.reorder(two, ["one", "two"])
    assert patient.vitals.describe()["keys"]["secret"] == [two, one]
