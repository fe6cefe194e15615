"""A place to publish prices in, and processes that know of them, each with a clock to be moved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from redis import Redis as Client

from app.adapters.files import KeptFile
from app.adapters.postgres import Postgres
from app.adapters.redis import TAG, Redis
from app.domain.pricing.prices import KEY, Prices
from app.domain.pricing.versions import (
    Edition,
    PriceSnapshot,
    decode_snapshot,
    encode_snapshot,
    publish,
    publish_first,
)
from tests.price_files import catalogue
from tests.stores import Stores


class Clock:
    """Right until it is moved."""

    def __init__(self) -> None:
        self.off = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


class Shop:
    """A database, a short memory and a disk. `shared` and `saved` are the copies kept of it."""

    def __init__(self, stores: Stores, database_url: str, redis_database: int, copy: Path) -> None:
        self.stores, self.database_url, self.copy = stores, database_url, copy
        self.redis_url = f"{stores.redis_url}?db={redis_database}"
        stores.valkey_flush(redis_database)

    async def publish(self, *pairs: tuple[str, str], at: datetime | None = None) -> int:
        """The price file with those changes; returns its version."""
        return await publish_in(self.database_url, *pairs, at=at)

    @asynccontextmanager
    async def process(
        self, clock: Clock | None = None, last_good: KeptFile | None = None
    ) -> AsyncIterator[Prices]:
        """One that has not looked yet."""
        database, memory = Postgres(self.database_url), Redis(self.redis_url)
        await database.open()
        try:
            copy = last_good or KeptFile(self.copy)
            yield Prices(database, memory, copy, clock or Clock())
        finally:
            await memory.close()
            await database.close()

    @property
    def shared(self) -> PriceSnapshot | None:
        with Client.from_url(self.redis_url) as client:
            copy = client.get(TAG + KEY)
        assert copy is None or isinstance(copy, bytes)
        return decode_snapshot(copy)

    def share(self, copy: bytes) -> None:
        with Client.from_url(self.redis_url) as client:
            client.set(TAG + KEY, copy)

    def forget(self) -> None:
        with Client.from_url(self.redis_url) as client:
            client.delete(TAG + KEY)

    @property
    def saved(self) -> PriceSnapshot | None:
        return decode_snapshot(KeptFile(self.copy).read())


async def publish_in(url: str, *pairs: tuple[str, str], at: datetime | None = None) -> int:
    database = Postgres(url)
    await database.open()
    try:
        version, _ = await publish(database, catalogue(*pairs), at)
        return version
    finally:
        await database.close()


async def publish_first_in(url: str) -> int:
    database = Postgres(url)
    await database.open()
    try:
        return await publish_first(database)
    finally:
        await database.close()


def published_in(url: str, *pairs: tuple[str, str], at: datetime | None = None) -> int:
    return asyncio.run(publish_in(url, *pairs, at=at))


def copy_of(age: timedelta, version: int = 1) -> bytes:
    """As another process left it."""
    moment = datetime.now(UTC) - age
    return encode_snapshot(
        PriceSnapshot(Edition(1, moment, version), moment, (catalogue(version=version),))
    )
