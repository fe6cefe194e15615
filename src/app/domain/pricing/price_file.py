"""The price file: a catalogue as people write it (TOML), read with every problem and its line."""

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from app.domain.pricing.catalogue import Catalogue, Interval
from app.domain.pricing.file_lines import Lines
from app.domain.pricing.file_rules import Checked
from app.domain.pricing.money import amount_of

# Prices to begin with, and the plans of a start without any.
BELIEVABLE = Path(__file__).with_name("believable.toml")
# A file is not published yet.
NO_VERSION = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1; 0 is the file as a whole."""

    line: int
    sentence: str


class BadPriceFile(Exception):
    """All problems found, the first line first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("\n".join(f"{p.line}: {p.sentence}" for p in self.problems))


def read_price_file(text: str) -> Catalogue:
    """Raises `BadPriceFile`."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadPriceFile([_syntax(str(error), text)]) from error
    except (ValueError, ArithmeticError) as error:
        raise BadPriceFile([Problem(0, "A number in it is far too long.")]) from error
    checked = Checked(document)
    if checked.problems:
        lines = Lines(text)
        raise BadPriceFile([Problem(lines.of(path), what) for path, what in checked.problems])
    began = datetime.now(UTC)
    return Catalogue(NO_VERSION, began, checked.currencies, checked.features, checked.plans)


def _syntax(told: str, text: str) -> Problem:
    """The parser ends its sentence with `(at line 3, column 7)` or `(at end of document)`."""
    sentence, _, place = told.partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    line = int(number) if number.isdecimal() else text.rstrip().count("\n") + 1
    return Problem(line, f"This is not TOML: {sentence}.")


def written(catalogue: Catalogue) -> str:
    """The same as a file, which can be changed and published."""
    lines = [f"currencies = {_toml(list(catalogue.currencies))}"]
    for feature in catalogue.features:
        lines += ["", "[[features]]", *_facts(code=feature.code, name=feature.name)]
    for plan in catalogue.plans:
        facts = _facts(code=plan.code, name=plan.name, description=plan.description)
        lines += ["", "[[plans]]", *facts, *(["highlighted = true"] if plan.highlighted else [])]
        if plan.features:
            shown = {code: amount or True for code, amount in plan.features.items()}
            lines += ["[plans.features]", *_facts(**shown)]
        for interval in Interval:
            if amounts := plan.prices.get(interval):
                lines.append(f"[plans.{interval}]")
                lines += [f"{c} = {amount_of(amounts[c], c)}" for c in catalogue.currencies]
    return "\n".join(lines) + "\n"


def _facts(**facts: Any) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in facts.items()]


def _toml(value: Any) -> str:
    """What JSON and TOML write alike: strings, true, lists of strings."""
    return json.dumps(value, ensure_ascii=False)
