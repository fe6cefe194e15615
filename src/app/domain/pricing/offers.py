"""Offers: what a catalogue costs in one currency, as every mouth of the product tells it."""

from dataclasses import dataclass

from app.domain.pricing.catalogue import Catalogue, Interval, Plan
from app.domain.pricing.money import display, per_month


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
