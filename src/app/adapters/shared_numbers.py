"""The numbers of all workers of a server, in memory that they share: whoever is asked adds them up.

Each worker writes to a part of its own, which it has locked, so no two write to one place. A lock
ends with its process, and the next worker goes on counting in the part of one that has died.
"""

import fcntl
import json
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress

from app.domain.metrics import FAMILIES, UNKNOWN, Gauge, Series, Values, count_in

PART = 1 << 20  # bytes; memory that nobody writes to takes none
SPARE = 8  # parts beside those of the workers, for a few that are on their way out
NUMBER = 8  # bytes
# A part begins with how many bytes of it are used; then each series: the bytes of its name and how
# many numbers it has, the name, and the numbers.
USED = struct.Struct("=Q")
HEAD = struct.Struct("=II")
# `struct flock` of Linux: kind, from where, start, length, and whose it is; padded to 8 bytes.
LOCK = struct.Struct("hhqqi0q")


class SharedMemory:
    """To be made before the workers are forked."""

    def __init__(self, workers: int) -> None:
        self.workers, self.parts = workers, workers + SPARE
        self.file = os.memfd_create("latchkey-metrics")
        os.ftruncate(self.file, self.parts * PART)
        self.memory = mmap.mmap(self.file, self.parts * PART)

    def claim(self) -> "SharedNumbers | None":
        """A part for this process; None where all are taken."""
        part = next((part for part in range(self.parts) if self.lock(part)), None)
        return None if part is None else SharedNumbers(self, part)

    def lock(self, part: int) -> bool:
        """Whether nobody else has it. The lock is one of POSIX: it is the process's, and no fork of
        it has it.
        """
        try:
            fcntl.lockf(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, part)
        except OSError:
            return False
        return True

    def is_locked(self, part: int) -> bool:
        """By another process. Asked without taking it: two who look do not see each other."""
        wanted = LOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, part, 1, 0)
        kind, *_ = LOCK.unpack(fcntl.fcntl(self.file, fcntl.F_GETLK, wanted))
        return bool(kind != fcntl.F_UNLCK)

    def list_series(self, part: int) -> Iterator[tuple[Series, int, int]]:
        """Each with the place of its numbers in the part, and how many they are."""
        start = part * PART
        [used] = USED.unpack_from(self.memory, start)
        at = USED.size
        while at < used:
            length, count = HEAD.unpack_from(self.memory, start + at)
            name = self.memory[start + at + HEAD.size : start + at + HEAD.size + length]
            family, *labels = json.loads(name)
            at += HEAD.size + _padded(length)
            yield (family, tuple(labels)), at // NUMBER, count
            at += count * NUMBER


class SharedNumbers:
    """The `Numbers` of one worker."""

    def __init__(self, shared: SharedMemory, part: int) -> None:
        self._shared, self._part = shared, part
        view = memoryview(shared.memory)[part * PART : (part + 1) * PART]
        self.values = view.cast("d")
        self._places = {series: at for series, at, _ in shared.list_series(part)}
        self._end_gauges()

    def place(self, series: Series, size: int) -> int:
        if series not in self._places:
            place = self._add(series, size)
            if place == UNKNOWN:
                return UNKNOWN
            self._places[series] = place
        return self._places[series]

    def read_all(self) -> Mapping[Series, Values]:
        found: dict[Series, Values] = {}
        for part in range(self._shared.parts):
            runs = part == self._part or self._shared.is_locked(part)
            for series, values in self._read(part):
                if not runs and isinstance(FAMILIES.get(series[0]), Gauge):
                    continue
                so_far = found.get(series)
                found[series] = _sum(so_far, values) if so_far else values
        return found

    @property
    def workers(self) -> int:
        return self._shared.workers

    def count_processes(self) -> int:
        others = (part for part in range(self._shared.parts) if part != self._part)
        return 1 + sum(map(self._shared.is_locked, others))

    def _read(self, part: int) -> Iterator[tuple[Series, Values]]:
        start = part * PART
        for series, at, count in self._shared.list_series(part):
            values = struct.unpack_from(f"={count}d", self._shared.memory, start + at * NUMBER)
            yield series, values

    def _end_gauges(self) -> None:
        """Those of whoever had the part before."""
        for series, at in self._places.items():
            if isinstance(FAMILIES.get(series[0]), Gauge):
                self.values[at] = 0.0

    def _add(self, series: Series, size: int) -> int:
        """Written before it counts as used, so that nobody reads half of it."""
        memory, start = self._shared.memory, self._part * PART
        family, labels = series
        name = json.dumps([family, *labels]).encode()
        [used] = USED.unpack_from(memory, start)
        at = used or USED.size
        numbers = at + HEAD.size + _padded(len(name))
        end = numbers + size * NUMBER
        if end > PART:
            return UNKNOWN
        HEAD.pack_into(memory, start + at, len(name), size)
        memory[start + at + HEAD.size : start + at + HEAD.size + len(name)] = name
        USED.pack_into(memory, start, end)
        return numbers // NUMBER


def _padded(length: int) -> int:
    return -(-length // NUMBER) * NUMBER


def _sum(one: Values, other: Values) -> Values:
    return tuple(map(sum, zip(one, other, strict=True)))


class _Prepared:
    memory: SharedMemory | None = None


def prepare_workers(workers: int) -> None:
    """By the process whose forks they are. Where there is no such memory each counts alone."""
    with suppress(OSError, AttributeError):
        _Prepared.memory = SharedMemory(workers)


def join_workers() -> None:
    """By each worker, before it counts anything."""
    numbers = _Prepared.memory and _Prepared.memory.claim()
    if numbers:
        count_in(numbers)
