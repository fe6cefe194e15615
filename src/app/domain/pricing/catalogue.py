"""The catalogue: plans, what they hold and what they cost, whole and unchangeable by version."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Of plans and features.
CODE = re.compile(r"[a-z][a-z0-9-]{0,30}")


class Interval(StrEnum):
    """How often a price is due."""

    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Feature:
    """One line of the comparison."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`features` are those it includes, by code, each with how much of it ("" says just that).

    `prices` are minor units (cents, yen, thousandths of a dinar) by interval and currency; empty
    where nobody knows them.
    """

    code: str
    name: str
    description: str
    highlighted: bool
    features: dict[str, str]
    prices: dict[Interval, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All plans have prices for the same intervals and currencies; the first currency is the one
    for whom none fits better. Version 0 is nobody's: plans whose prices have to be asked for.
    """

    version: int
    effective_from: datetime
    currencies: tuple[str, ...]
    features: tuple[Feature, ...]
    plans: tuple[Plan, ...]

    @property
    def intervals(self) -> tuple[Interval, ...]:
        return tuple(self.plans[0].prices)

    @property
    def priced(self) -> bool:
        return bool(self.currencies)

    def plan(self, code: str) -> Plan | None:
        return next((plan for plan in self.plans if plan.code == code), None)

    def price(self, code: str, interval: Interval, currency: str) -> int | None:
        """In minor units; None for what is not offered."""
        plan = self.plan(code)
        return plan.prices.get(interval, {}).get(currency) if plan else None
