"""What somebody wants to see of the prices: by the month or the year, in which currency."""

from dataclasses import dataclass

from app.domain.pricing.catalogue import Catalogue, Interval
from app.domain.pricing.money import currency_for


@dataclass(frozen=True, slots=True)
class Wanted:
    """`unknown` names what was asked for and is not offered; something that is stands in for it.
    `currency` is "" where there are no prices, and `chosen` when somebody picked just that one.
    """

    interval: Interval
    currency: str
    unknown: tuple[str, ...] = ()
    chosen: bool = False


def wanted(
    catalogue: Catalogue, period: str, currency: str, accept_language: str, *, chosen: bool = False
) -> Wanted:
    """Empty words ask for nothing in particular. `chosen`: whether the currency was picked, and not
    only carried along.
    """
    if not catalogue.priced:
        return Wanted(Interval.MONTH, "")
    unknown = []
    intervals = {interval.value: interval for interval in catalogue.intervals}
    if period and period not in intervals:
        unknown.append("period")
    if currency and currency not in catalogue.currencies:
        unknown.append("currency")
        currency = ""
    return Wanted(
        intervals.get(period, catalogue.intervals[0]),
        currency or currency_for(accept_language, catalogue.currencies),
        tuple(unknown),
        chosen=chosen and bool(currency),
    )
