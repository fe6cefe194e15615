"""Offers: what a catalogue costs, in the currency and for the interval someone asks for."""

from dataclasses import dataclass

from app.domain.pricing.catalogue import Catalogue, Interval, Plan
from app.domain.pricing.money import currency_for, display, per_month


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
