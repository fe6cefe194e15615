"""The catalogue: plans, what they hold and what they cost, by version, and what one would
change.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.pricing.money import display

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
