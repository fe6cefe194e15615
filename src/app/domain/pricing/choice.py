"""A choice: the plan somebody picked, at the price they were shown."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.pricing.catalogue import CODE, Catalogue, Interval
from app.domain.pricing.money import display, is_known
from app.domain.pricing.offers import Price, price_of
from app.domain.pricing.prices import Current

LONGEST = 13  # digits of an amount


@dataclass(frozen=True, slots=True)
class Choice:
    """`amount_minor` is what the person saw and said yes to; it is never changed for them."""

    plan: str
    interval: Interval
    currency: str
    amount_minor: int

    def __str__(self) -> str:
        return f"{self.plan}.{self.interval}.{self.currency}.{self.amount_minor}"

    @classmethod
    def read(cls, kept: str | None) -> "Choice | None":
        """What `str` made; None for anything else."""
        parts = (kept or "").split(".")
        if len(parts) != 4:
            return None
        plan, interval, currency, amount = parts
        known = CODE.fullmatch(plan) and interval in list(Interval) and is_known(currency)
        minor = minor_of(amount)
        return (
            cls(plan, Interval(interval), currency, minor) if known and minor is not None else None
        )


def minor_of(digits: str) -> int | None:
    """An amount as it stands in a link or cookie."""
    fine = digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST
    return int(digits) if fine else None


class State(StrEnum):
    """How a choice stands by the prices in effect."""

    HOLDS = "holds"
    CHANGED = "changed"  # it costs something else now: to be said yes to again
    GONE = "gone"  # it is not offered any more
    UNSURE = "unsure"  # the prices are not known, or old: to be confirmed


@dataclass(frozen=True, slots=True)
class Standing:
    """`name` is the plan's, or its code where it is gone; `price` is today's, where there is one;
    `shown` is what the person said yes to.
    """

    choice: Choice
    state: State
    name: str
    price: Price | None
    shown: str
    known: bool = True  # whether the plan is offered at all


def picked(
    catalogue: Catalogue, code: str, period: str, currency: str, amount: str
) -> Choice | None:
    """What a link or form names. Without period, currency or amount: the first ones, and today's.
    None for a plan, period or currency that is not offered; where no prices are known, what is
    named in full is taken for the time being.
    """
    if not catalogue.priced:
        return Choice.read(f"{code}.{period}.{currency}.{amount}")
    if catalogue.plan(code) is None:
        return None
    if (period and period not in catalogue.intervals) or (amount and minor_of(amount) is None):
        return None
    interval = Interval(period) if period else catalogue.intervals[0]
    today = catalogue.price(code, interval, currency or catalogue.currencies[0])
    if today is None:
        return None
    seen = minor_of(amount)
    return Choice(
        code, interval, currency or catalogue.currencies[0], today if seen is None else seen
    )


def standing(choice: Choice, current: Current) -> Standing:
    catalogue, shown = current.catalogue, display(choice.amount_minor, choice.currency)
    plan = catalogue.plan(choice.plan)
    name = plan.name if plan else choice.plan
    if not catalogue.priced or current.told_as_of:
        return Standing(choice, State.UNSURE, name, None, shown)
    if plan is None or catalogue.price(plan.code, choice.interval, choice.currency) is None:
        return Standing(choice, State.GONE, name, None, shown, known=plan is not None)
    price = price_of(plan, choice.interval, choice.currency)
    same = price.amount_minor == choice.amount_minor
    return Standing(choice, State.HOLDS if same else State.CHANGED, name, price, shown)
