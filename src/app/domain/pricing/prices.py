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
from app.domain.pricing.price_file import BELIEVABLE, read_price_file
from app.domain.pricing.versions import (
    Edition,
    PriceSnapshot,
    decode_snapshot,
    encode_snapshot,
    read_prices,
)

log = logging.getLogger("app.prices")

EVERY = 1.0  # seconds between two looks at what is published: all processes follow within two
FRESH = timedelta(seconds=30)  # how long a copy counts as the database's own
AGE_SHOWN = timedelta(minutes=5)  # past this age people are told how old the prices are
COLD = 0.3  # seconds someone waits for the first look of a process
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
    def shown_as_of(self) -> datetime | None:
        """What people are told, for prices that are not of this moment."""
        old = self.as_of is not None and self.now - self.as_of > AGE_SHOWN
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
        self._snapshot: PriceSnapshot | None = None
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
        return self._snapshot is not None

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await self.refresh_prices()
            await asyncio.sleep(EVERY)

    async def get_current(self, patience: float = COLD) -> Current | None:
        """A process that has just started asks the database first, for as long as `patience`
        seconds; then an old copy will do. None when it has not found any by then, and still looks.
        """
        if not self._looked.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looked.wait(), patience)
            if self._snapshot is None and not self._looked.is_set():
                return None
        return self.get_known()

    async def get_soon(self) -> Current:
        """For whoever is shown a place for the prices meanwhile, or can wait."""
        return await self.get_current(PATIENCE) or self.get_known()

    def get_known(self) -> Current:
        """At once, whatever it is."""
        now = self._clock()
        catalogue = self._snapshot.at(now) if self._snapshot else None
        if self._snapshot is None or catalogue is None:
            return Current(self._built_in, Source.BUILT_IN, None, now)
        source, as_of = self._source, self._snapshot.as_of
        if source is Source.DATABASE and now - as_of > FRESH:
            source = Source.MEMORY
        return Current(catalogue, source, as_of, now)

    async def refresh_prices(self) -> None:
        """Once through all places, the fastest first; the database has the last word."""
        for step in (self._load_copy, self._read):
            try:
                await step()
            except Unavailable as error:
                self._log_once("the prices could not be read", code=error.code)
            except Exception as error:
                # Not migrated yet, or a bug: what is known goes on being shown, and the next look
                # may be luckier.
                self._log_once("the prices could not be read", error)
        self._looked.set()

    async def _load_copy(self) -> None:
        """The younger of the copies that outlive a process, for one that knows nothing yet."""
        if self._snapshot:
            return
        shared, saved = await self._read_shared(), await asyncio.to_thread(self._read_saved)
        if saved:
            self._saved_edition, self._save_again_at = saved.edition, saved.as_of + SAVED_EVERY
        if shared and (saved is None or saved.as_of <= shared.as_of):
            self._snapshot, self._source = shared, Source.REDIS
        elif saved:
            self._snapshot, self._source = saved, Source.DISK
        if self._snapshot and self._clock() - self._snapshot.as_of <= SHARED_EVERY:
            self._looked.set()

    async def _read(self) -> None:
        before = self._snapshot
        async with self._database.connection() as connection:
            snapshot = await read_prices(connection, self._clock(), before)
        self._snapshot, self._source = snapshot, Source.DATABASE
        self._silent = False
        if not snapshot.catalogues:
            return
        changed = before is None or before.edition != snapshot.edition
        if changed or snapshot.as_of - self._shared_at > SHARED_EVERY:
            await self._write_shared(snapshot)
        if self._saved_edition != snapshot.edition or snapshot.as_of > self._save_again_at:
            await self._write_saved(snapshot)

    async def _read_shared(self) -> PriceSnapshot | None:
        with suppress(Unavailable):
            return decode_snapshot(await self._memory.get(KEY), self._clock())
        return None

    async def _write_shared(self, snapshot: PriceSnapshot) -> None:
        with suppress(Unavailable):
            await self._memory.put(KEY, encode_snapshot(snapshot), SHARED_FOR)
            self._shared_at = snapshot.as_of

    def _read_saved(self) -> PriceSnapshot | None:
        return decode_snapshot(self._last_good.read(), self._clock())

    async def _write_saved(self, snapshot: PriceSnapshot) -> None:
        saved = await asyncio.to_thread(self._last_good.write, encode_snapshot(snapshot))
        self._saved_edition = snapshot.edition
        self._save_again_at = snapshot.as_of + (SAVED_EVERY if saved else SHARED_EVERY)

    def _log_once(self, what: str, crash: Exception | None = None, **details: str) -> None:
        """A crash with where it happened: a bug would show nowhere else."""
        if not self._silent:
            log.warning(what, exc_info=crash, extra=details)
        self._silent = True
