"""The prices as one process knows them: they may be old, and say so; they are never missing."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from app.domain.errors import Unavailable
from app.domain.ports import Database, ShortMemory
from app.domain.pricing.catalogue import Catalogue
from app.domain.pricing.kept import Edition, Kept, packed, unpacked
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.pricing.reading import read_prices

log = logging.getLogger("app.prices")

EVERY = 1.0  # seconds between two looks at what is published: all processes follow within two
FRESH = timedelta(seconds=30)  # how long a copy counts as the database's own
TOLD = timedelta(minutes=5)  # past this age people are told how old the prices are
COLD = 0.3  # seconds somebody waits for the first look of a process
PATIENCE = 2.5  # and those who can wait
SAVED_EVERY = timedelta(hours=1)  # a copy that was not saved is tried again as it is shared
KEY, SHARED_FOR, SHARED_EVERY = "prices", timedelta(hours=24), timedelta(seconds=60)


class Source(StrEnum):
    """Where an answer has its prices from."""

    DATABASE = "database"
    MEMORY = "memory"
    REDIS = "redis"
    DISK = "disk"
    BUILT_IN = "built-in"


@dataclass(frozen=True, slots=True)
class Current:
    """The catalogue in effect. `as_of` is when the database said so; None where it never did, and
    the catalogue has no prices.
    """

    catalogue: Catalogue
    source: Source
    as_of: datetime | None
    now: datetime

    @property
    def told_as_of(self) -> datetime | None:
        """What people are told, for prices that are not of this moment."""
        old = self.as_of is not None and self.now - self.as_of > TOLD
        return self.as_of if old else None


class LastGood(Protocol):
    """A copy that outlives both stores. Neither method raises; `write` says whether it was kept."""

    def read(self) -> bytes | None: ...
    def write(self, copy: bytes) -> bool: ...


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Prices:
    """`watch` keeps what is known up to date; whoever asks for it waits for no store."""

    def __init__(
        self,
        database: Database,
        memory: ShortMemory,
        last_good: LastGood,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._database, self._memory, self._last_good = database, memory, last_good
        self._clock = clock
        self._kept: Kept | None = None
        self._source = Source.BUILT_IN
        self._shared_at = self._save_again_at = datetime.min.replace(tzinfo=UTC)
        self._saved_edition: Edition | None = None
        self._looked = asyncio.Event()
        self._silent = False
        unpriced = read_price_file(BELIEVABLE.read_text())
        plans = tuple(replace(plan, prices={}) for plan in unpriced.plans)
        self._built_in = replace(unpriced, currencies=(), plans=plans)

    @property
    def read(self) -> bool:
        """Whether it was ever found out what is published, be it nothing."""
        return self._kept is not None

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def current(self, patience: float = COLD) -> Current | None:
        """A process that has just started asks the database first, for as long as `patience`
        seconds; then an old copy will do. None when it has not found any by then, and still looks.
        """
        if not self._looked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looked.wait(), patience)
            if self._kept is None and not self._looked.is_set():
                return None
        return self.known()

    async def soon(self) -> Current:
        """For whoever is shown a place for the prices meanwhile, or can wait."""
        return await self.current(PATIENCE) or self.known()

    def known(self) -> Current:
        """At once, whatever it is."""
        now = self._clock()
        catalogue = self._kept.at(now) if self._kept else None
        if self._kept is None or catalogue is None:
            return Current(self._built_in, Source.BUILT_IN, None, now)
        source, as_of = self._source, self._kept.as_of
        if source is Source.DATABASE and now - as_of > FRESH:
            source = Source.MEMORY
        return Current(catalogue, source, as_of, now)

    async def look(self) -> None:
        """Once through all places, the fastest first; the database has the last word."""
        for step in (self._recall, self._read):
            try:
                await step()
            except Unavailable as error:
                self._told_once("the prices could not be read", code=error.code)
            except Exception as error:
                # Not migrated yet, or a bug: what is known goes on being shown, and the next look
                # may be luckier.
                self._told_once("the prices could not be read", error)
        self._looked.set()

    async def _recall(self) -> None:
        """The younger of the copies that outlive a process, for one that knows nothing yet."""
        if self._kept:
            return
        shared, saved = await self._shared(), await asyncio.to_thread(self._saved)
        if saved:
            self._saved_edition, self._save_again_at = saved.edition, saved.as_of + SAVED_EVERY
        if shared and (saved is None or saved.as_of <= shared.as_of):
            self._kept, self._source = shared, Source.REDIS
        elif saved:
            self._kept, self._source = saved, Source.DISK
        if self._kept and self._clock() - self._kept.as_of <= SHARED_EVERY:
            self._looked.set()

    async def _read(self) -> None:
        before = self._kept
        async with self._database.connection() as connection:
            kept = await read_prices(connection, self._clock(), before)
        self._kept, self._source = kept, Source.DATABASE
        self._silent = False
        if not kept.catalogues:
            return
        changed = before is None or before.edition != kept.edition
        if changed or kept.as_of - self._shared_at > SHARED_EVERY:
            await self._share(kept)
        if self._saved_edition != kept.edition or kept.as_of > self._save_again_at:
            await self._save(kept)

    async def _shared(self) -> Kept | None:
        with suppress(Unavailable):
            return unpacked(await self._memory.get(KEY), self._clock())
        return None

    async def _share(self, kept: Kept) -> None:
        with suppress(Unavailable):
            await self._memory.put(KEY, packed(kept), SHARED_FOR)
            self._shared_at = kept.as_of

    def _saved(self) -> Kept | None:
        return unpacked(self._last_good.read(), self._clock())

    async def _save(self, kept: Kept) -> None:
        saved = await asyncio.to_thread(self._last_good.write, packed(kept))
        self._saved_edition = kept.edition
        self._save_again_at = kept.as_of + (SAVED_EVERY if saved else SHARED_EVERY)

    def _told_once(self, what: str, crash: Exception | None = None, **details: str) -> None:
        """A crash with where it happened: a bug would show nowhere else."""
        if not self._silent:
            log.warning(what, exc_info=crash, extra=details)
        self._silent = True
