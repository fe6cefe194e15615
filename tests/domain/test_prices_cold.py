"""The prices of a process that has just started: from wherever they can be had."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.files import KeptFile
from app.adapters.migrations import upgrade
from app.domain.pricing.prices import Source
from app.domain.pricing.versions import encode_snapshot
from tests.faults.staged import locked, until
from tests.shop import Shop, copy_of, publish_in
from tests.stores import Stores, execute


async def test_two_hundred_cold_readers_are_one_query(shop: Shop, stores: Stores) -> None:
    await shop.publish()
    database = shop.database_url.split("/")[3].split("?")[0]
    await execute(shop.database_url, f"ALTER DATABASE {database} SET log_statement = 'all'")
    before = stores.postgres.log.read_text().count("WITH now_and_later")
    async with shop.process() as prices:
        with locked(shop.database_url, "catalogues"):
            look = asyncio.create_task(prices.refresh_prices())
            readers = [asyncio.create_task(prices.get_current(10)) for _ in range(200)]
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
            look = asyncio.create_task(prices.refresh_prices())
            await asyncio.to_thread(until, lambda: prices.get_known().source == Source.REDIS)
            reader = asyncio.create_task(prices.get_current())
            await asyncio.sleep(0)
            assert reader.done() != waits
            current = await reader
        await look
    assert current is not None
    assert current.source == Source.REDIS
    assert bool(current.shown_as_of) == waits


async def test_a_cold_reader_without_any_copy_is_told_to_wait(shop: Shop) -> None:
    async with shop.process() as prices:
        with locked(shop.database_url, "catalogues"):
            look = asyncio.create_task(prices.refresh_prices())
            assert await prices.get_current() is None
            assert prices.get_known().source == Source.BUILT_IN
        await look
        reader = asyncio.create_task(prices.get_current(10))
        await asyncio.sleep(0)
        assert reader.done(), "from then on nobody waits"
        current = await reader
    assert current is not None
    assert (current.source, current.as_of, current.catalogue.priced) == ("built-in", None, False)


@pytest.mark.parametrize(("redis", "disk"), [(60, 600), (600, 60)])
async def test_the_younger_copy_wins(stores: Stores, tmp_path: Path, redis: int, disk: int) -> None:
    shop = Shop(stores, "postgresql://nobody@/nowhere?host=/nowhere", 6, tmp_path / "prices.json")
    shop.share(copy_of(timedelta(seconds=redis)))
    shop.copy.write_bytes(copy_of(timedelta(seconds=disk)))
    async with shop.process() as prices:
        await prices.refresh_prices()
        assert prices.get_known().source == (Source.REDIS if redis < disk else Source.DISK)


async def test_what_is_missing_or_spoiled_is_put_right(shop: Shop) -> None:
    await shop.publish()
    async with shop.process() as prices:
        await prices.refresh_prices()
    snapshot = shop.shared
    assert snapshot is not None
    for shared, saved in (
        (encode_snapshot(snapshot), b""),
        (encode_snapshot(snapshot)[:50], encode_snapshot(snapshot)[:50]),
    ):
        shop.share(shared)
        shop.copy.write_bytes(saved)
        async with shop.process() as prices:
            await prices.refresh_prices()
        assert shop.saved == shop.shared
        assert shop.saved is not None
        assert shop.saved.catalogues == snapshot.catalogues


async def test_without_tables_it_goes_on_looking(
    stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = await asyncio.to_thread(stores.empty_database)
    shop = Shop(stores, url, 6, tmp_path / "prices.json")
    async with shop.process() as prices:
        for _ in range(2):
            await prices.refresh_prices()
        assert prices.get_known().source == Source.BUILT_IN
        assert caplog.messages == ["the prices could not be read"], "told once"
        await asyncio.to_thread(upgrade, url)
        await prices.refresh_prices()
        assert prices.get_known().source == Source.BUILT_IN
        assert shop.saved is None
        await publish_in(url)
        await prices.refresh_prices()
        assert prices.get_known().source == Source.DATABASE


class Spoiled(KeptFile):
    """A disk that fails in a way nobody thought of."""

    def read(self) -> bytes | None:
        raise ValueError


async def test_whatever_goes_wrong_with_a_copy_the_database_is_read(shop: Shop) -> None:
    await shop.publish()
    async with shop.process(last_good=Spoiled(shop.copy)) as prices:
        watching = asyncio.create_task(prices.watch())
        await prices.get_current(10)
        await asyncio.sleep(0.5)
        assert not watching.done()
        assert prices.get_known().source == Source.DATABASE
        watching.cancel()
