"""The prices as a process knows them: how old they are, and when they turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from app.domain.pricing.prices import Source
from tests.price_files import catalogue
from tests.shop import Clock, Shop, copy_of

CHEAPER = ("9.50", "9")
SECOND = timedelta(seconds=1)


async def test_the_first_look_reads_the_database_and_leaves_copies(shop: Shop) -> None:
    await shop.publish()
    async with shop.process() as prices:
        await prices.refresh_prices()
        current = prices.get_known()
    assert (current.source, current.catalogue.version) == (Source.DATABASE, 1)
    assert current.catalogue.plans == catalogue().plans
    assert current.shown_as_of is None
    assert shop.shared == shop.saved
    assert shop.saved is not None
    assert shop.saved.catalogues == (current.catalogue,)


YEARLY = [(f"[plans.month]\nUSD = {usd}\nJPY = {jpy}\n", "")
          for usd, jpy in (("9.50", 1400), (90, 14000))]  # fmt: skip
VARIANTS: list[list[tuple[str, str]]] = [
    [],
    YEARLY,
    [('"JPY"]', '"KWD"]'), *[("JPY", "KWD")] * 4, ("9.50", "9.99")],
    [('["USD", "JPY"]', '["JPY", "USD"]')],
    [('"Small"', '"“\\"<b> é 日本 \\\\"'), ('"For a few."', '"$1 %s {x} \'; --"')],
    [("people =", "help ="), ("people = true\n", ""), ("highlighted = true\n", "")],
]


@pytest.mark.parametrize("pairs", VARIANTS, ids=range(len(VARIANTS)))
async def test_what_is_read_is_what_was_published(shop: Shop, pairs: list[tuple[str, str]]) -> None:
    meant = catalogue(*pairs)
    await shop.publish(*pairs)
    async with shop.process() as prices:
        await prices.refresh_prices()
        read = prices.get_known().catalogue
    assert read == replace(meant, effective_from=read.effective_from)
    assert shop.saved is not None
    assert shop.saved.catalogues == (read,)


async def test_a_version_begins_at_its_moment_without_another_look(shop: Shop) -> None:
    clock, begins = Clock(), datetime.now(UTC) + timedelta(hours=1)
    await shop.publish()
    await shop.publish(CHEAPER, at=begins)
    async with shop.process(clock) as prices:
        await prices.refresh_prices()
        assert prices.get_known().catalogue.version == 1
        clock.off = timedelta(hours=1) - SECOND * 30
        assert prices.get_known().catalogue.version == 1
        clock.off = timedelta(hours=1)
        assert (prices.get_known().catalogue.version, prices.get_known().source) == (
            2,
            Source.MEMORY,
        )


async def test_a_clock_that_is_behind_hides_no_prices(shop: Shop) -> None:
    clock = Clock()
    clock.off = timedelta(hours=-1)
    await shop.publish()
    async with shop.process(clock) as prices:
        for version in (1, 2):
            await prices.refresh_prices()
            assert prices.get_known().catalogue.version == version
            await shop.publish(CHEAPER)


async def test_of_two_published_at_once_none_is_lost(shop: Shop) -> None:
    await shop.publish()
    clock = Clock()
    late = await asyncpg.connect(shop.database_url)
    async with shop.process(clock) as prices:
        async with late.transaction():
            await late.execute(COPIED)
            await shop.publish(at=datetime.now(UTC) + timedelta(days=1))
            await prices.refresh_prices()
        await late.close()
        await prices.refresh_prices()
        clock.off = timedelta(hours=2)
        assert prices.get_known().catalogue.version == 2


# Version 2 as a copy of the first, in effect in an hour.
COPIED = """
WITH new AS (INSERT INTO catalogues (effective_from) VALUES (now() + interval '1 hour')
             RETURNING version),
plan AS (INSERT INTO plans SELECT new.version, code, position, name, description, highlighted
         FROM plans, new WHERE plans.version = 1)
INSERT INTO prices SELECT new.version, plan, interval, currency, position, amount_minor
FROM prices, new WHERE prices.version = 1
"""


async def test_what_is_published_is_shared_and_saved_at_the_next_look(shop: Shop) -> None:
    async with shop.process() as prices:
        for version in (1, 2):
            await shop.publish()
            await prices.refresh_prices()
            for snapshot in (shop.shared, shop.saved):
                assert snapshot is not None
                assert [each.version for each in snapshot.catalogues] == [version]


async def test_a_copy_of_another_database_is_not_believed(shop: Shop) -> None:
    shop.share(copy_of(SECOND))
    await shop.publish(CHEAPER)
    async with shop.process() as prices:
        await prices.refresh_prices()
        assert prices.get_known().catalogue.price("small", "month", "USD") == 900


async def test_old_prices_tell_their_age(shop: Shop) -> None:
    clock = Clock()
    await shop.publish()
    async with shop.process(clock) as prices:
        await prices.refresh_prices()
        read = prices.get_known().as_of
        seen = []
        for age in (29, 31, 299, 301):
            clock.off = age * SECOND
            seen.append((prices.get_known().source, prices.get_known().shown_as_of))
    old = (Source.MEMORY, None)
    assert seen == [(Source.DATABASE, None), old, old, (Source.MEMORY, read)]


async def test_the_copy_on_disk_is_renewed_each_hour(shop: Shop) -> None:
    clock = Clock()
    await shop.publish()
    async with shop.process(clock) as prices:
        seen = []
        for minutes in (0, 59, 61):
            clock.off = timedelta(minutes=minutes)
            await prices.refresh_prices()
            assert shop.saved is not None
            seen.append(prices.get_known().as_of == shop.saved.as_of)
    assert seen == [True, False, True]


async def test_a_copy_that_could_not_be_saved_is_saved_a_minute_later(shop: Shop) -> None:
    clock = Clock()
    await shop.publish()
    shop.copy.parent.write_bytes(b"in its way")
    async with shop.process(clock) as prices:
        await prices.refresh_prices()
        shop.copy.parent.unlink()
        seen = []
        for seconds in (59, 61):
            clock.off = seconds * SECOND
            await prices.refresh_prices()
            seen.append(shop.saved is not None)
    assert seen == [False, True]
