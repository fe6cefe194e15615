"""The catalogue: plans, what they hold and what they cost, by version, and what one would change;
and its offers in the currency and for the interval that someone asks for.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.pricing.money import currency_for, display, per_month

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


# What would change: two catalogues compared, a line for each difference.

INCLUDED = "included"


def changes(old: Catalogue | None, new: Catalogue) -> list[str]:
    """`+` is new, `-` is gone, `~` is different. Nothing when both are alike."""
    before, after = _facts(old) if old else {}, _facts(new)
    lines = []
    for name in dict.fromkeys((*before, *after)):
        was, will_be = before.get(name), after.get(name)
        if was is None:
            lines.append(f"+ {name}: {will_be}")
        elif will_be is None:
            lines.append(f"- {name}: {was}")
        elif was != will_be:
            lines.append(f"~ {name}: {was} -> {will_be}")
    return lines


def _facts(catalogue: Catalogue) -> dict[str, str]:
    facts = {
        "currencies": ", ".join(catalogue.currencies),
        "features": ", ".join(feature.code for feature in catalogue.features),
        "plans": ", ".join(plan.code for plan in catalogue.plans),
    }
    for feature in catalogue.features:
        facts[f"feature {feature.code}"] = feature.name
    for plan in catalogue.plans:
        facts[f"{plan.code}, name"] = plan.name
        facts[f"{plan.code}, description"] = plan.description
        if plan.highlighted:
            facts[f"{plan.code}, highlighted"] = "yes"
        for code, amount in plan.features.items():
            facts[f"{plan.code}, feature {code}"] = amount or INCLUDED
        for interval, amounts in plan.prices.items():
            for currency, amount_minor in amounts.items():
                shown = display(amount_minor, currency)
                facts[f"{plan.code}, a {interval} in {currency}"] = shown
    return facts


@dataclass(frozen=True, slots=True)
class Price:
    """`monthly` and `saving` are there for a price by the year: a twelfth of it, and what the year
    costs less than twelve months do ('' for nothing).
    """

    interval: Interval
    currency: str
    amount_minor: int
    display: str
    monthly: str = ""
    saving: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan with its price for each interval; without any where prices have to be asked for."""

    plan: Plan
    prices: dict[Interval, Price]


def offers(catalogue: Catalogue, currency: str) -> list[Offer]:
    """In the order of the catalogue. `currency` is one of its own."""
    return [
        Offer(
            plan,
            {interval: price_of(plan, interval, currency) for interval in plan.prices},
        )
        for plan in catalogue.plans
    ]


def price_of(plan: Plan, interval: Interval, currency: str) -> Price:
    """Raises KeyError for what is not offered."""
    amount = plan.prices[interval][currency]
    shown = display(amount, currency)
    if interval is Interval.MONTH:
        return Price(interval, currency, amount, shown)
    year_by_months = 12 * plan.prices.get(Interval.MONTH, {}).get(currency, 0)
    saving = display(year_by_months - amount, currency) if year_by_months > amount else ""
    return Price(interval, currency, amount, shown, display(per_month(amount), currency), saving)


# What someone wants to see of the prices: by the month or the year, in which currency.


@dataclass(frozen=True, slots=True)
class PriceSelection:
    """`unknown` names what was asked for and is not offered; something that is stands in for it.
    `currency` is "" where there are no prices, and `chosen` when someone picked just that one.
    """

    interval: Interval
    currency: str
    unknown: tuple[str, ...] = ()
    chosen: bool = False


def parse_selection(
    catalogue: Catalogue, period: str, currency: str, accept_language: str, *, chosen: bool = False
) -> PriceSelection:
    """Empty words ask for nothing in particular. `chosen`: whether the currency was picked, and not
    only carried along.
    """
    if not catalogue.priced:
        return PriceSelection(Interval.MONTH, "")
    unknown = []
    intervals = {interval.value: interval for interval in catalogue.intervals}
    if period and period not in intervals:
        unknown.append("period")
    if currency and currency not in catalogue.currencies:
        unknown.append("currency")
        currency = ""
    return PriceSelection(
        intervals.get(period, catalogue.intervals[0]),
        currency or currency_for(accept_language, catalogue.currencies),
        tuple(unknown),
        chosen=chosen and bool(currency),
    )
