"""What a price file may say: each rule with the sentence for whoever broke it."""

from decimal import Decimal
from typing import Any
from unicodedata import category

from app.domain.pricing.catalogue import CODE, Feature, Interval, Plan
from app.domain.pricing.file_lines import Path
from app.domain.pricing.money import MOST, digits_of, is_known, minor_units

LONGEST_NAME, LONGEST_DESCRIPTION = 60, 200
TOP, FEATURE = {"currencies", "features", "plans"}, {"code", "name"}
PLAN = {"code", "name", "description", "highlighted", "features", *Interval}


class Checked:
    """What is in the file, or `problems`: a path to the place and a sentence for each."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.problems: list[tuple[Path, str]] = []
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

    def _wrong(self, path: Path, sentence: str) -> None:
        self.problems.append((path, sentence))

    def _as_a_whole(self, plans: list[tuple[Path, dict[str, Any]]]) -> None:
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

    def _only_known(self, table: dict[str, Any], known: set[str], at: Path) -> None:
        for name in table:
            if name not in known:
                words = ", ".join(sorted(known))
                self._wrong((*at, name), f"“{name}” is not known here. Known are: {words}.")

    def _tables(
        self, document: dict[str, Any], name: str, known: set[str]
    ) -> list[tuple[Path, dict[str, Any]]]:
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

    def _code(self, table: dict[str, Any], at: Path) -> str:
        code = table.get("code")
        if not isinstance(code, str) or not CODE.fullmatch(code):
            rule = "small letters, digits and hyphens, a letter first, at most 31"
            self._wrong((*at, "code"), f"A code is needed: {rule}.")
            return ""
        return code

    def _words(self, table: dict[str, Any], name: str, longest: int, at: Path) -> str:
        words = table.get(name)
        if not _is_a_line(words, longest):
            what = f"A {name} is needed: one line of at most {longest} characters."
            self._wrong((*at, name), what)
            return ""
        return str(words).strip()

    def _plan(self, table: dict[str, Any], at: Path) -> Plan:
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

    def _included(self, given: Any, at: Path) -> dict[str, str]:
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

    def _prices(self, table: dict[str, Any], at: Path) -> dict[Interval, dict[str, int]]:
        prices = {i: self._amounts(table.get(i), i, (*at, i.value)) for i in self._intervals}
        for currency, yearly in prices.get(Interval.YEAR, {}).items():
            monthly = prices.get(Interval.MONTH, {}).get(currency)
            if monthly is not None and yearly > 12 * monthly:
                what = f"In {currency} a year costs more than twelve months."
                self._wrong((*at, "year", currency), what)
        return prices

    def _amounts(self, given: Any, interval: Interval, at: Path) -> dict[str, int]:
        if not isinstance(given, dict):
            self._wrong(at, f"The prices for a {interval} are missing: other plans have them.")
            return {}
        for currency in given:
            if self.currencies and currency not in self.currencies:
                self._wrong((*at, currency), f"{currency} is not among the currencies above.")
        amounts = {c: self._amount(given.get(c), c, interval, at) for c in self.currencies}
        return {currency: amount for currency, amount in amounts.items() if amount is not None}

    def _amount(self, given: Any, currency: str, interval: Interval, at: Path) -> int | None:
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
