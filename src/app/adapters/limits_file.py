"""The limits file: single entries of the limit table, replaced by whoever runs the product."""

import tomllib
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
