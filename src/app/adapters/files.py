"""Files of whoever runs the product: their own limits, and the last good prices."""

import logging
import os
import tomllib
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from app.domain.limits import DAY, Limit, LimitTable
from app.settings import BadSettings, Settings


def read_limits(settings: Settings) -> LimitTable:
    """The table in force. Raises `BadSettings` with every entry that is off."""
    table = replace(LimitTable(), texts_in_all=Limit(((DAY, settings.sms_daily_limit),)))
    entries = read_entries(settings.limits_file) if settings.limits_file else {}
    values: dict[str, Any] = {name: _value(name, entry) for name, entry in entries.items()}
    return replace(table, **values)


def read_entries(path: str) -> dict[str, Any]:
    """What the file at `path` replaces. Raises `BadSettings` like `read_limits`."""
    try:
        entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings([f"LIMITS_FILE cannot be read: {error}."]) from error
    problems = [problem for item in entries.items() for problem in _problems(*item)]
    if problems:
        raise BadSettings(problems)
    return entries


def _problems(name: str, entry: Any) -> list[str]:
    known = {field.name for field in fields(LimitTable)}
    if name not in known:
        return [f"LIMITS_FILE: {name} is no limit; there are {', '.join(sorted(known))}."]
    if name == "raised_regions":
        right = isinstance(entry, dict) and all(_whole(n) for n in entry.values())
        return [] if right else ["LIMITS_FILE: raised_regions needs lines such as US = 5000."]
    windows, waits = (entry.get("windows"), entry.get("waits", [])) if _is_table(entry) else (0, 0)
    pairs = isinstance(windows, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(map(_whole, pair)) for pair in windows
    )
    if pairs and windows and isinstance(waits, list) and all(map(_whole, waits)):
        return []
    return [f"LIMITS_FILE: {name} needs windows = [[seconds, most], ...], and may have waits."]


def _is_table(entry: Any) -> bool:
    return isinstance(entry, dict) and entry.keys() <= {"windows", "waits"}


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _value(name: str, entry: Any) -> Limit | dict[str, int]:
    if name == "raised_regions":
        return dict(entry)
    windows = tuple((seconds, most) for seconds, most in entry["windows"])
    return Limit(windows, tuple(entry.get("waits", ())))


# The last good prices on disk: for a start while both stores are down.

log = logging.getLogger("app.prices")

PRICES_COPY = Path(".latchkey") / "prices.json"


class PriceSnapshotFile:
    """The `LastGood` port. All processes write the same, each in its own way into its place."""

    def __init__(self, path: Path = PRICES_COPY) -> None:
        self._path = path

    def read(self) -> bytes | None:
        """None when there is none, or none that can be read."""
        try:
            return self._path.read_bytes()
        except OSError:
            return None

    def write(self, copy: bytes) -> bool:
        """Whole or not at all. A disk that is full or not ours is told in the log."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.write_bytes(copy)
            fresh.replace(self._path)
            return True
        except OSError as error:
            log.warning("the prices could not be saved", extra={"error": type(error).__name__})
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
