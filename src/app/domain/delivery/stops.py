"""Where no texts go to strangers for now: whom a conversion breaker or an operator has stopped, and
for how long. PostgreSQL holds the stops; each process goes by what it has read in the last second.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from uuid import UUID

import phonenumbers

from app.domain.audit import AuditEvent, record, record_operator
from app.domain.delivery.rooms import Room
from app.domain.errors import Unavailable
from app.domain.limits import ConversionBreaker
from app.domain.ports import Database, Record
from app.domain.sql import load_queries

sql = load_queries(__file__, "stops.sql")
log = logging.getLogger("app.stops")

KEPT = 1.0  # seconds that a process goes by what it has read
PROBE_LASTS = 600  # seconds in which the code of a probe can be entered
CONVERSION = "conversion"  # the reason of a breaker; all others are an operator's


class StopState(StrEnum):
    OVER = "over"
    ALLOWED = "allowed"  # by an operator, whatever the breaker would say
    STOPPED = "stopped"
    HALF_OPEN = "half-open"  # each network may have one text, to see whether it is proved
    PROBING = "probing"  # as many as may go are under way


@dataclass(frozen=True, slots=True)
class Stop:
    """As it was when it was read. `seconds`: how long the last time was. `seconds_left` is negative
    once that is over. Then `is_full` says that no more probes may go; `probe_age` is that of the
    newest, None where there is none.
    """

    kind: str
    key: str
    room: str
    is_allowed: bool
    reason: str
    seconds: int
    seconds_left: float
    is_full: bool
    probe_age: float | None

    @classmethod
    def from_row(cls, row: Record) -> "Stop":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    def state_after(self, seconds: float) -> StopState:
        """So many seconds after it was read. When no probe was proved in time it stops again,
        as `lengthen_stops` then writes down.
        """
        if self.seconds_left > seconds:
            return StopState.ALLOWED if self.is_allowed else StopState.STOPPED
        if self.reason != CONVERSION:
            return StopState.OVER
        if self.probe_age is None or not self.is_full:
            return StopState.HALF_OPEN
        is_late = self.probe_age + seconds >= PROBE_LASTS
        return StopState.STOPPED if is_late else StopState.PROBING


@dataclass(slots=True)
class _Known:
    stops: Sequence[Stop] = ()
    at: float = field(default_factory=lambda: -KEPT)


class Stops:
    def __init__(
        self,
        database: Database,
        breaker: ConversionBreaker,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._database, self._breaker, self._now = database, breaker, now
        self._known = _Known()

    async def find(self, region: str, block: str, room: Room) -> list[tuple[Stop, StopState]]:
        """Those in force for texts to there, of that room. Where an operator allows either place, a
        breaker's are none.
        """
        await self._refresh()
        found = list(self._matching({"region": region, "block": block}, room))
        if any(state is StopState.ALLOWED for _, state in found):
            return [(stop, state) for stop, state in found if stop.reason != CONVERSION]
        return found

    async def list_all(self) -> list[tuple[Stop, StopState]]:
        """Those in force anywhere."""
        await self._refresh()
        since = self._now() - self._known.at
        states = ((stop, stop.state_after(since)) for stop in self._known.stops)
        return [(stop, state) for stop, state in states if state is not StopState.OVER]

    async def start(self, kind: str, key: str, room: Room, percent: int) -> None:
        """The breaker has opened: `percent` of the texts were proved. Once, whoever notices it."""
        seconds = self._breaker.first
        place = {"kind": kind, "key": key, "room": room.value}
        async with self._database.transaction() as connection:
            if await connection.fetchval(*sql.start_stop(**place, seconds=seconds)):
                await connection.execute(*sql.drop_probes(**place))
                log.warning("texts are stopped", extra={**place, "percent_proved": percent})
                await record(
                    connection,
                    AuditEvent.TEXTS_STOPPED,
                    kind=kind,
                    key=key,
                    room=room.value,
                    seconds=seconds,
                    percent=percent,
                )
        self._forget()

    async def take_probe(self, stops: Sequence[Stop], probe: UUID, network: str) -> bool:
        """Whether this text from there may go where all of these are half-open. Each network has a
        turn of its own, so that none can take that of the others, time after time.
        """
        rules = self._breaker
        numbers = {"first": rules.first, "longest": rules.longest, "most": rules.probes}
        for stop in stops:
            place = {"kind": stop.kind, "key": stop.key, "room": stop.room}
            async with self._database.transaction() as connection:
                await connection.execute(*sql.lock_stop(**place))
                take = sql.take_probe(**place, network=network, probe=probe, **numbers)
                is_taken = await connection.fetchval(*take)
            if not is_taken:
                await self.release_probe(probe)
                return False
        self._forget()
        return True

    async def release_probe(self, probe: UUID) -> None:
        """It was not sent."""
        async with self._database.connection() as connection:
            await connection.execute(*sql.release_probe(probe=probe))
        self._forget()

    async def end_by(self, probes: Sequence[UUID]) -> None:
        """The codes of these messages were entered."""
        await self._refresh()
        if not self._known.stops:
            return
        async with self._database.transaction() as connection:
            for row in await connection.fetch(*sql.end_stops(probes=probes)):
                place = {"kind": row["kind"], "key": row["key"], "room": row["room"]}
                log.warning("texts go again", extra=place)
                await record(connection, AuditEvent.TEXTS_RESUMED, **place)
        self._forget()

    def _matching(self, keys: dict[str, str], room: Room) -> Iterator[tuple[Stop, StopState]]:
        since = self._now() - self._known.at
        for stop in self._known.stops:
            state = stop.state_after(since)
            is_here = stop.room == room and keys.get(stop.kind) == stop.key
            if is_here and state is not StopState.OVER:
                yield stop, state

    async def _refresh(self) -> None:
        """While PostgreSQL is silent, what was read last counts."""
        if self._now() - self._known.at < KEPT:
            return
        self._known.at += KEPT  # whoever comes meanwhile goes by what there is
        try:
            stops = await self._read()
            if any(stop.probe_age is not None for stop in stops):
                await self._end_probes()
                stops = await self._read()
            self._known = _Known(stops, self._now())
        except Unavailable:
            return

    async def _read(self) -> list[Stop]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(*sql.list_stops(most=self._breaker.probes))
        return [Stop.from_row(row) for row in rows]

    async def _end_probes(self) -> None:
        """One that was not sent leaves its place, so nobody stops a place by numbers that no
        provider takes; where none was proved in time, it is stopped for longer.
        """
        longest, most = self._breaker.longest, self._breaker.probes
        lengthen = sql.lengthen_stops(lasts=float(PROBE_LASTS), longest=longest, most=most)
        async with self._database.transaction() as connection:
            await connection.execute(*sql.release_unsent_probes())
            for row in await connection.fetch(*lengthen):
                place = {"kind": row["kind"], "key": row["key"], "room": row["room"]}
                log.warning("texts stay stopped", extra={**place, "seconds": row["seconds"]})
                await record(connection, AuditEvent.TEXTS_STOPPED, **place, seconds=row["seconds"])

    def _forget(self) -> None:
        self._known.at = -KEPT


# An operator's word on where texts go, which holds over breaker and pressure until its end.

ROOMS = (Room.STRANGERS.value, Room.MAILED.value, Room.KNOWN.value)  # that can be stopped

BLOCK = re.compile(r"\+[1-9][0-9]{3,10}")  # a number without its last four digits


def read_place(given: str) -> tuple[str, str] | None:
    """The kind and key of a region such as SE, or of a block; None for anything else."""
    if given.upper() in phonenumbers.SUPPORTED_REGIONS:
        return "region", given.upper()
    return ("block", given) if BLOCK.fullmatch(given) else None


async def override_stops(
    database: Database,
    kind: str,
    key: str,
    rooms: Sequence[str],
    seconds: int,
    reason: str,
    *,
    is_allowed: bool,
) -> None:
    """In the place of whatever is in force there. Every process goes by it within two seconds. It
    is on record.
    """
    async with database.transaction() as connection:
        for room in rooms:
            place = {"kind": kind, "key": key, "room": room}
            word = {"is_allowed": is_allowed, "reason": reason, "seconds": seconds}
            await connection.execute(*sql.override_stop(**place, **word))
            await connection.execute(*sql.drop_probes(**place))
        await record_operator(
            connection,
            AuditEvent.TEXTS_ALLOWED if is_allowed else AuditEvent.TEXTS_STOPPED,
            kind=kind,
            key=key,
            rooms=",".join(rooms),
            seconds=seconds,
            reason=reason,
        )
