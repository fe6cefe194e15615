"""Who sends texts, in order: vendors by their names, and further accounts of theirs."""

import re
from dataclasses import dataclass, field
from typing import Any

from app.settings.environment import Reader

NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class SmsSender:
    """`name` is what operators call it, `vendor` the module in `adapters/` that speaks to it.
    `values` are the settings of that vendor as this sender has them, by their names in `Settings`.
    """

    name: str
    vendor: str
    values: dict[str, Any] = field(default_factory=dict)


def is_sender(name: str) -> bool:
    return NAME.fullmatch(name) is not None


def read_names(reader: Reader, name: str) -> tuple[SmsSender, ...]:
    """The senders, yet without their values."""
    names = reader.items(name)
    if len(set(names)) < len(names):
        reader.problems.append(f"{name} names a sender twice.")
    return tuple(SmsSender(each, each.split("_")[0]) for each in names)
