"""The price file: a catalogue as people write it (TOML), read with every problem and its line."""

import json
import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unicodedata import category

from app.domain.pricing.catalogue import CODE, Catalogue, Feature, Interval, Plan
from app.domain.pricing.money import MOST, amount_of, digits_of, is_known, minor_units

# A path such as ("plans", 1, "month", "USD"): names of tables and keys, and which one of several.
KeyPath = tuple[str | int, ...]

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]")
KEY = re.compile(r"\s*[\"']?([\w\-]+)[\"']?\s*=")


class TomlLines:
    """The line of each table and key that stands on a line of its own."""

    def __init__(self, text: str) -> None:
        self._found: dict[KeyPath, int] = {}
        table: KeyPath = ()
        for number, line in enumerate(text.split("\n"), 1):
            if header := HEADER.match(line):
                table = self._entered(header[2].split("."), several=header[1] == "[[")
                self._found.setdefault(table, number)
            elif key := KEY.match(line):
                self._found.setdefault((*table, key[1]), number)

    def find_line(self, path: KeyPath) -> int:
        """The line of the innermost part of `path` that is there; 0 for the file as a whole."""
        parts = [path[:length] for length in range(len(path), 0, -1)]
        return next((self._found[part] for part in parts if part in self._found), 0)

    def _entered(self, names: list[str], *, several: bool) -> KeyPath:
        """A table that comes several times is followed by those inside its latest one."""
        first, *rest = names
        count = sum(len(path) == 2 and path[0] == first for path in self._found)
        if several and not rest:
            return (first, count)
        return (first, count - 1, *rest) if rest else (first,)


# What a price file may say: each rule with the sentence for whoever broke it.

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 200
TOP, FEATURE = {"currencies", "features", "plans"}, {"code", "name"}
PLAN = {"code", "name", "description", "highlighted", "features", *Interval}


class PriceFileRules:
    """What is in the file, or `problems`: a path to the place and a sentence for each."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.problems: list[tuple[KeyPath, str]] = []
        self._only_known(document, TOP, ())
        self.currencies = self._currencies(document.get("currencies"))
        self.features = tuple(
            Feature(self._code(it, at), self._words(it, "name", LONGEST_NAME, at))
            for at, it in self._tables(document, "features", FEATURE)
        )
        plans = list(self._tables(document, "plans", PLAN))
        self._intervals = [i for i in Interval if any(i in plan for _, plan in plans)]
        self.plans = tuple(self._plan(plan, at) for at, plan in plans)
        self._as_a_whole(plans)

    def _wrong(self, path: KeyPath, sentence: str) -> None:
        self.problems.append((path, sentence))

    def _as_a_whole(self, plans: list[tuple[KeyPath, dict[str, Any]]]) -> None:
        if not plans:
            self._wrong(("plans",), "There is no plan: write at least one [[plans]].")
        elif not self._intervals:
            self._wrong(plans[0][0], "No plan has prices: write [plans.month] or [plans.year].")
        for n in [n for n, plan in enumerate(self.plans) if plan.highlighted][1:]:
            self._wrong(("plans", n, "highlighted"), "Only one plan can be highlighted.")
        for kind, things in (("features", self.features), ("plans", self.plans)):
            codes = [thing.code for thing in things]
            for n, code in enumerate(codes):
                if code and code in codes[:n]:
                    self._wrong((kind, n, "code"), f"The code “{code}” is used twice.")

    def _only_known(self, table: dict[str, Any], known: set[str], at: KeyPath) -> None:
        for name in table:
            if name not in known:
                words = ", ".join(sorted(known))
                self._wrong((*at, name), f"“{name}” is not known here. Known are: {words}.")

    def _tables(
        self, document: dict[str, Any], name: str, known: set[str]
    ) -> list[tuple[KeyPath, dict[str, Any]]]:
        given = document.get(name, [])
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            self._wrong((name,), f"Write each of them under a line [[{name}]] of its own.")
            return []
        for n, each in enumerate(given):
            self._only_known(each, known, (name, n))
        return [((name, n), each) for n, each in enumerate(given)]

    def _currencies(self, given: Any) -> tuple[str, ...]:
        if not isinstance(given, list) or not given:
            self._wrong(("currencies",), 'Say which ones: currencies = ["USD", "EUR"].')
            return ()
        for n, currency in enumerate(given):
            if not isinstance(currency, str) or not is_known(currency):
                self._wrong(("currencies",), f"{currency!r} is no currency of ISO 4217.")
            elif currency in given[:n]:
                self._wrong(("currencies",), f"{currency} is there twice.")
        return tuple(c for c in given if isinstance(c, str) and is_known(c))

    def _code(self, table: dict[str, Any], at: KeyPath) -> str:
        code = table.get("code")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            rule = "small letters, digits and hyphens, a letter first, at most 31"
            self._wrong((*at, "code"), f"A code is needed: {rule}.")
            return ""
        return code

    def _words(self, table: dict[str, Any], name: str, longest: int, at: KeyPath) -> str:
        words = table.get(name)
        if not _is_a_line(words, longest):
            what = f"A {name} is needed: one line of at most {longest} characters."
            self._wrong((*at, name), what)
            return ""
        return str(words).strip()

    def _plan(self, table: dict[str, Any], at: KeyPath) -> Plan:
        highlighted = table.get("highlighted", False)
        if not isinstance(highlighted, bool):
            self._wrong((*at, "highlighted"), "highlighted is true or false.")
        return Plan(
            self._code(table, at),
            self._words(table, "name", LONGEST_NAME, at),
            self._words(table, "description", LONGEST_DESCRIPTION, at),
            highlighted is True,
            self._included(table.get("features", {}), (*at, "features")),
            self._prices(table, at),
        )

    def _included(self, given: Any, at: KeyPath) -> dict[str, str]:
        if not isinstance(given, dict):
            self._wrong(at, "Write them under a line [plans.features].")
            return {}
        known = {feature.code for feature in self.features}
        for code, amount in given.items():
            if code not in known:
                self._wrong((*at, code), f"There is no feature “{code}” among [[features]].")
            elif not isinstance(amount, bool) and not _is_a_line(amount, LONGEST_NAME):
                self._wrong((*at, code), "Write true, false, or how much in quotes.")
        return {
            c: "" if how is True else str(how).strip()
            for c, how in given.items()
            if how is not False
        }

    def _prices(self, table: dict[str, Any], at: KeyPath) -> dict[Interval, dict[str, int]]:
        prices = {i: self._amounts(table.get(i), i, (*at, i.value)) for i in self._intervals}
        for currency, yearly in prices.get(Interval.YEAR, {}).items():
            monthly = prices.get(Interval.MONTH, {}).get(currency)
            if monthly is not None and yearly > 12 * monthly:
                what = f"In {currency} a year costs more than twelve months."
                self._wrong((*at, "year", currency), what)
        return prices

    def _amounts(self, given: Any, interval: Interval, at: KeyPath) -> dict[str, int]:
        if not isinstance(given, dict):
            self._wrong(at, f"The prices for a {interval} are missing: other plans have them.")
            return {}
        for currency in given:
            if self.currencies and currency not in self.currencies:
                self._wrong((*at, currency), f"{currency} is not among the currencies above.")
        amounts = {c: self._amount(given.get(c), c, interval, at) for c in self.currencies}
        return {currency: amount for currency, amount in amounts.items() if amount is not None}

    def _amount(self, given: Any, currency: str, interval: Interval, at: KeyPath) -> int | None:
        place = (*at, currency)
        if given is None:
            self._wrong(place, f"The price in {currency} for a {interval} is missing.")
            return None
        if not _is_an_amount(given):
            self._wrong(place, f"An amount is a number from 0 on, like 9 or 9.50, in {currency}.")
            return None
        if given > MOST:
            self._wrong(place, "That is more than anybody pays.")
            return None
        try:
            return minor_units(Decimal(given), currency)
        except ValueError:
            digits = digits_of(currency)
            self._wrong(place, f"{currency} has {digits} digits after the point.")
            return None


def _is_a_line(words: Any, longest: int) -> bool:
    """Words that can be shown, and kept: PostgreSQL takes no NUL."""
    if not isinstance(words, str) or any(category(sign) == "Cc" for sign in words):
        return False
    return 0 < len(words.strip()) <= longest


def _is_an_amount(given: Any) -> bool:
    """TOML knows infinity and what is no number, too."""
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        return False
    return Decimal(given).is_finite() and given >= 0


# The price file: a catalogue as people write it (TOML), read with every problem and its line.

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
        raise BadPriceFile([find_syntax_problem(str(error), text)]) from error
    except (ValueError, ArithmeticError) as error:
        raise BadPriceFile([Problem(0, "A number in it is far too long.")]) from error
    checked = PriceFileRules(document)
    if checked.problems:
        lines = TomlLines(text)
        raise BadPriceFile(
            [Problem(lines.find_line(path), what) for path, what in checked.problems]
        )
    began = datetime.now(UTC)
    return Catalogue(NO_VERSION, began, checked.currencies, checked.features, checked.plans)


def find_syntax_problem(message: str, text: str) -> Problem:
    """Of what is no TOML. The parser ends its sentence with `(at line 3, column 7)` or `(at end of
    document)`.
    """
    sentence, _, place = message.partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    line = int(number) if number.isdecimal() else text.rstrip().count("\n") + 1
    return Problem(line, f"This is not TOML: {sentence}.")


def format_price_file(catalogue: Catalogue) -> str:
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
