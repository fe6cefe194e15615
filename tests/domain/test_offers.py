"""Offers: what a plan costs, what a year is by the month, and what it saves."""

from dataclasses import replace

import pytest

from app.domain.pricing.catalogue import Interval, Price, offers, price_of
from tests.price_files import catalogue

NB = "\u00a0"
MONTH, YEAR = Interval.MONTH, Interval.YEAR


def test_a_month_is_its_price_alone() -> None:
    [small, _] = offers(catalogue(), "USD")
    assert small.prices[MONTH] == Price(MONTH, "USD", 950, f"$9.50{NB}USD")


# What a month and a year of a plan cost, and what is told of the year.
YEARS = [
    ("USD", "9.50", "95", f"$7.92{NB}USD", f"$19.00{NB}USD"),
    ("USD", "9.50", "114", f"$9.50{NB}USD", ""),
    ("USD", "9.50", "113.99", f"$9.50{NB}USD", f"$0.01{NB}USD"),
    ("USD", "0", "0", f"$0.00{NB}USD", ""),
    ("JPY", "1400", "14000", f"¥1,167{NB}JPY", f"¥2,800{NB}JPY"),
    ("JPY", "1400", "6", f"¥1{NB}JPY", f"¥16,794{NB}JPY"),
    ("JPY", "1400", "5", f"¥0{NB}JPY", f"¥16,795{NB}JPY"),
]


@pytest.mark.parametrize(("currency", "month", "year", "monthly", "saving"), YEARS)
def test_a_year_tells_a_twelfth_and_what_it_saves(
    currency: str, month: str, year: str, monthly: str, saving: str
) -> None:
    pairs = {"USD": [("9.50", month), ("95\n", f"{year}\n")],
             "JPY": [("1400\n", f"{month}\n"), ("14000\n", f"{year}\n")]}  # fmt: skip
    [small, _] = offers(catalogue(*pairs[currency]), currency)
    assert (small.prices[YEAR].monthly, small.prices[YEAR].saving) == (monthly, saving)
    assert small.prices[YEAR].display == price_of(small.plan, YEAR, currency).display


def test_by_the_year_alone_there_is_nothing_to_save_against() -> None:
    plan = catalogue().plans[0]
    yearly = replace(plan, prices={YEAR: plan.prices[YEAR]})
    assert price_of(yearly, YEAR, "USD").saving == ""


def test_offers_come_in_the_order_of_the_catalogue() -> None:
    known = catalogue()
    assert [offer.plan for offer in offers(known, "JPY")] == list(known.plans)
    assert [list(offer.prices) for offer in offers(known, "JPY")] == [[MONTH, YEAR]] * 2


def test_prices_that_have_to_be_asked_for_are_no_prices() -> None:
    known = catalogue()
    unpriced = replace(
        known, currencies=(), plans=tuple(replace(plan, prices={}) for plan in known.plans)
    )
    assert [offer.prices for offer in offers(unpriced, "")] == [{}, {}]
    assert not unpriced.priced


def test_what_is_not_offered_has_no_price() -> None:
    known = catalogue()
    assert known.price("small", MONTH, "USD") == 950
    assert known.price("small", MONTH, "EUR") is None
    assert known.price("tiny", MONTH, "USD") is None
    with pytest.raises(KeyError):
        price_of(known.plans[0], MONTH, "EUR")
