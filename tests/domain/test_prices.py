"""The prices as a process knows them: where it has them from, how old they are, when they turn."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import asyncpg
import pytest

from app.adapters.migrations import upgrade
from app.domain.pricing.kept import Edition, Kept, packed
from app.domain.pricing.prices import FRESH, TOLD, Source
from tests.faults.staged import locked
from tests.price_files import catalogue
from tests.shop import Clock, Shop, publish_in
from tests.stores import Stores, execute

CHEAPER = ("9.50", "9")
SECOND = timedelta(seconds=1)


@pytest.fixture
async def shop(stores: Stores, tmp_path: Path) -> Shop:
    url = await asyncio.to_thread(stores.new_database)
    return Shop(stores, url, 6, tmp_path / ".latchkey" / "prices.json")


def copy_of(age: timedelta, version: int = 1) -> bytes:
    """As another process left it."""
    moment = datetime.now(UTC) - age
    return packed(Kept(Edition(1, moment, version), moment, (catalogue(version=version),)))


async def test_the_first_look_reads_the_database_and_leaves_copies(shop: Shop) -> None:
    await shop.publish()
    async with shop.process() as prices:
        await prices.look()
        current = prices.known()
    assert (current.source, current.catalogue.version) == (Source.DATABASE, 1)
    assert current.catalogue.plans == catalogue().plans
    assert current.told_as_of is None
    assert shop.shared == shop.saved
    assert shop.saved is not None
    assert shop.saved.catalogues == (current.catalogue,)


async def test_a_version_begins_at_its_moment_without_another_look(shop: Shop) -> None:
    clock, begins = Clock(), datetime.now(UTC) + timedelta(hours=1)
    await shop.publish()
    await shop.publish(CHEAPER, at=begins)
    async with shop.process(clock) as prices:
        await prices.look()
        assert prices.known().catalogue.version == 1
        clock.off = timedelta(hours=1) - SECOND * 30
        assert prices.known().catalogue.version == 1
        clock.off = timedelta(hours=1)
        assert (prices.known().catalogue.version, prices.known().source) == (2, Source.MEMORY)


async def test_a_clock_that_is_behind_hides_no_prices(shop: Shop) -> None:
    clock = Clock()
    clock.off = timedelta(hours=-1)
    await shop.publish()
    async with shop.process(clock) as prices:
        for version in (1, 2):
            await prices.look()
            assert prices.known().catalogue.version == version
            await shop.publish(CHEAPER)


async def test_of_two_published_at_once_none_is_lost(shop: Shop) -> None:
    await shop.publish()
    late = await asyncpg.connect(shop.database_url)
    async with shop.process() as prices:
        async with late.transaction():
            await late.execute(COPIED)
            await shop.publish(at=datetime.now(UTC) + timedelta(days=1))
            await prices.look()
        await late.close()
        await prices.look()
        assert prices.known().catalogue.version == 2


# Version 2 as a copy of the first, in effect now.
COPIED = """
WITH new AS (INSERT INTO catalogues (effective_from) VALUES (now()) RETURNING version),
plan AS (INSERT INTO plans SELECT new.version, code, position, name, description, highlighted
         FROM plans, new WHERE plans.version = 1)
INSERT INTO prices SELECT new.version, plan, interval, currency, position, amount_minor
FROM prices, new WHERE prices.version = 1
"""


async def test_a_copy_of_another_database_is_not_believed(shop: Shop) -> None:
    shop.share(copy_of(SECOND))
    await shop.publish(CHEAPER)
    async with shop.process() as prices:
        await prices.look()
        assert prices.known().catalogue.price("small", "month", "USD") == 900


async def test_old_prices_tell_their_age(shop: Shop) -> None:
    clock = Clock()
    await shop.publish()
    async with shop.process(clock) as prices:
        await prices.look()
        read = prices.known().as_of
        seen = []
        for age in (FRESH - SECOND, FRESH + SECOND, TOLD - SECOND, TOLD + SECOND):
            clock.off = age
            seen.append((prices.known().source, prices.known().told_as_of))
    old = (Source.MEMORY, None)
    assert seen == [(Source.DATABASE, None), old, old, (Source.MEMORY, read)]


async def test_two_hundred_cold_readers_are_one_query(shop: Shop, stores: Stores) -> None:
    await shop.publish()
    database = shop.database_url.split("/")[3].split("?")[0]
    await execute(shop.database_url, f"ALTER DATABASE {database} SET log_statement = 'all'")
    before = stores.postgres.log.read_text().count("WITH now_and_later")
    async with shop.process() as prices:
        with locked(shop.database_url, "catalogues"):
            look = asyncio.create_task(prices.look())
            readers = [asyncio.create_task(prices.current(10)) for _ in range(200)]
            await asyncio.sleep(0.3)
            assert not any(reader.done() for reader in readers)
        seen = await asyncio.gather(*readers)
        await look
    assert {current and current.catalogue.version for current in seen} == {1}
    assert stores.postgres.log.read_text().count("WITH now_and_later") - before == 1


@pytest.mark.parametrize(("age", "waits"), [(0, False), (3600, True)])
async def test_a_cold_reader_waits_a_moment_for_better_than_an_old_copy(
    shop: Shop, age: int, waits: bool
) -> None:
    shop.share(copy_of(timedelta(seconds=age)))
    async with shop.process() as prices:
        with locked(shop.database_url, "catalogues"):
            look = asyncio.create_task(prices.look())
            await asyncio.sleep(0.1)
            began = monotonic()
            current = await prices.current()
            assert (monotonic() - began > 0.2) == waits
        await look
    assert current is not None
    assert current.source == Source.REDIS
    assert bool(current.told_as_of) == waits


async def test_a_cold_reader_without_any_copy_is_told_to_wait(shop: Shop) -> None:
    async with shop.process() as prices:
        with locked(shop.database_url, "catalogues"):
            look = asyncio.create_task(prices.look())
            assert await prices.current() is None
            assert prices.known().source == Source.BUILT_IN
        await look
        current = await prices.current()
    assert current is not None
    assert (current.source, current.as_of, current.catalogue.priced) == ("built-in", None, False)


@pytest.mark.parametrize(("redis", "disk"), [(60, 600), (600, 60)])
async def test_the_younger_copy_wins(stores: Stores, tmp_path: Path, redis: int, disk: int) -> None:
    shop = Shop(stores, "postgresql://nobody@/nowhere?host=/nowhere", 6, tmp_path / "prices.json")
    shop.share(copy_of(timedelta(seconds=redis)))
    shop.copy.write_bytes(copy_of(timedelta(seconds=disk)))
    async with shop.process() as prices:
        await prices.look()
        assert prices.known().source == (Source.REDIS if redis < disk else Source.DISK)


async def test_what_is_missing_or_spoiled_is_put_right(shop: Shop) -> None:
    await shop.publish()
    async with shop.process() as prices:
        await prices.look()
    kept = shop.shared
    assert kept is not None
    for shared, saved in ((packed(kept), b""), (packed(kept)[:50], packed(kept)[:50])):
        shop.share(shared)
        shop.copy.write_bytes(saved)
        async with shop.process() as prices:
            await prices.look()
        assert shop.saved == shop.shared
        assert shop.saved is not None
        assert shop.saved.catalogues == kept.catalogues


async def test_without_tables_it_goes_on_looking(stores: Stores, tmp_path: Path) -> None:
    url = await asyncio.to_thread(stores.empty_database)
    shop = Shop(stores, url, 6, tmp_path / "prices.json")
    async with shop.process() as prices:
        await prices.look()
        assert prices.known().source == Source.BUILT_IN
        await asyncio.to_thread(upgrade, url)
        await prices.look()
        assert prices.known().source == Source.BUILT_IN
        assert shop.saved is None
        await publish_in(url)
        await prices.look()
        assert prices.known().source == Source.DATABASE
