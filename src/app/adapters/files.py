"""Files of whoever runs the product: their own limits, and the last good prices."""

import logging
import os
import tomllib
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from app.adapters.outages import describe_error
from app.domain.limits import DAY, Budget, ConversionBreaker, Limit, LimitTable, Pressure
from app.settings import BadSettings, Settings
from app.settings.sms import find_region_problems

Entry = Limit | Budget | Pressure | ConversionBreaker
# Entries of earlier releases, and what took their place.
GONE = {"texts_per_region": "strangers_per_region"}


def read_limits(settings: Settings) -> LimitTable:
    """The table in force. Raises `BadSettings` with every entry that is off."""
    table = LimitTable()
    if settings.sms_daily_limit is not None:
        in_all = replace(table.texts_in_all, windows=((DAY, settings.sms_daily_limit),))
        table = replace(table, texts_in_all=in_all)
    entries = read_entries(settings.limits_file) if settings.limits_file else {}
    values: dict[str, Any] = {
        name: _value(getattr(table, name), entry) for name, entry in entries.items()
    }
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
    if name in GONE:
        return [f"LIMITS_FILE: {name} is gone; {GONE[name]} is in its place."]
    if name not in known:
        return [f"LIMITS_FILE: {name} is no limit; there are {', '.join(sorted(known))}."]
    if name == "raised_regions":
        if not (isinstance(entry, dict) and all(_whole(n) for n in entry.values())):
            return ["LIMITS_FILE: raised_regions needs lines such as US = 5000."]
        return [f"LIMITS_FILE: raised_regions: {each}" for each in find_region_problems(entry)]
    present = getattr(LimitTable(), name)
    if isinstance(present, Limit):
        right = _is_limit(entry)
        needs = "windows = [[seconds, most], ...], and may have waits"
    else:
        right = isinstance(entry, dict) and bool(entry) and _has_numbers(present, entry)
        needs = f"some of {', '.join(_numbers(present))}"
    return [] if right else [f"LIMITS_FILE: {name} needs {needs}."]


def _is_limit(entry: Any) -> bool:
    if not (isinstance(entry, dict) and entry.keys() <= {"windows", "waits"}):
        return False
    windows, waits = entry.get("windows"), entry.get("waits", [])
    return _are_pairs(windows) and isinstance(waits, list) and all(map(_whole, waits))


def _has_numbers(present: Entry, entry: dict[str, Any]) -> bool:
    numbers = _numbers(present)
    return entry.keys() <= numbers.keys() and all(
        _whole(given) if isinstance(numbers[name], int) else _are_pairs(given)
        for name, given in entry.items()
    )


def _numbers(present: Entry) -> dict[str, Any]:
    """What of it may be replaced; the rest are words."""
    return {field.name: getattr(present, field.name) for field in fields(present) if field.compare}


def _are_pairs(pairs: Any) -> bool:
    return (
        isinstance(pairs, list)
        and bool(pairs)
        and all(
            isinstance(pair, list) and len(pair) == 2 and all(map(_whole, pair)) for pair in pairs
        )
    )


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and number >= 0


def _value(present: Entry | dict[str, int], entry: dict[str, Any]) -> Entry | dict[str, int]:
    """The entry as it was, with what the file gives."""
    if isinstance(present, dict):
        return dict(entry)
    given = entry if not isinstance(present, Limit) else {"waits": [], **entry}
    return replace(present, **{name: _frozen(value) for name, value in given.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


# Copies that outlive both stores: the last good prices, and how far the database was.

log = logging.getLogger("app.files")

PRICES_COPY = Path(".latchkey") / "prices.json"
RESTORE_MARK = Path(".latchkey") / "newest-mark"


class KeptFile:
    """The `LastGood` port. All processes write the same, each in its own way into its place."""

    def __init__(self, path: Path = PRICES_COPY, what: str = "the prices") -> None:
        self._path, self._what = path, what

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
            facts = {"path": str(self._path.absolute()), "reason": describe_error(error)}
            log.warning("%s could not be saved", self._what, extra=facts)
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
