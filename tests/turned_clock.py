"""Stores whose clock a test turns: real PostgreSQL and Valkey under libfaketime.

Only the stores tell the time in the product's limits, so days of sends pass in seconds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.stores import Stores, running_stores

# Where Debian's package `libfaketime` and its own `make install` put it.
PLACES = ("/usr/lib/*/faketime", "/usr/local/lib/faketime", "/usr/lib/faketime")


class TurnedClock:
    """Stands still at `began` until it is turned to so many seconds after that."""

    def __init__(self, file: Path, began: datetime) -> None:
        self._file, self._began = file, began.timestamp()
        self.turn_to(0.0)

    def __call__(self) -> float:
        """In the place of `monotonic`."""
        return self._seconds

    def turn_to(self, seconds: float) -> None:
        self._seconds = seconds
        now = datetime.fromtimestamp(self._began + seconds, UTC)
        new = self._file.with_suffix(".new")
        new.write_text(f"{now:%Y-%m-%d %H:%M:%S.%f}\n")
        new.rename(self._file)  # so that nobody ever reads half of it


@contextmanager
def turned_stores(folder: Path, began: datetime) -> Iterator[tuple[Stores, TurnedClock]]:
    """Started under the clock; this process itself keeps the time of day."""
    folder.chmod(0o755)  # PostgreSQL does not run as root, and reads the file
    clock = TurnedClock(folder / "clock", began)
    faked = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # by which the servers wait
        "TZ": "UTC",
    }
    before = {name: os.environ.get(name) for name in faked}
    os.environ.update(faked)
    try:
        with running_stores(folder / "stores") as stores:
            _restore(before)
            yield stores, clock
    finally:
        _restore(before)


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _library() -> Path:
    for place in PLACES:
        for found in Path("/").glob(f"{place.removeprefix('/')}/libfaketime.so.1"):
            return found
    raise FileNotFoundError("The tests need libfaketime: run `python -m tests.servers_setup`.")
