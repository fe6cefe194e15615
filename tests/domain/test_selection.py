"""What someone wants to see: what is offered and asked for, else what fits."""

from dataclasses import replace

import pytest

from app.domain.pricing.catalogue import Interval, PriceSelection, parse_selection
from tests.price_files import catalogue

MONTH, YEAR = Interval.MONTH, Interval.YEAR
# Period, currency and languages asked for.
ASKED = [
    ("", "", "", PriceSelection(MONTH, "USD")),
    ("", "", "ja", PriceSelection(MONTH, "JPY")),
    ("", "", "de", PriceSelection(MONTH, "USD")),
    ("year", "", "", PriceSelection(YEAR, "USD")),
    ("year", "JPY", "en-US", PriceSelection(YEAR, "JPY")),
    ("month", "USD", "ja", PriceSelection(MONTH, "USD")),
    ("week", "", "", PriceSelection(MONTH, "USD", ("period",))),
    ("YEAR", "JPY", "", PriceSelection(MONTH, "JPY", ("period",))),
    ("", "EUR", "ja", PriceSelection(MONTH, "JPY", ("currency",))),
    ("year", "<b>", "", PriceSelection(YEAR, "USD", ("currency",))),
    ("week", "EUR", "", PriceSelection(MONTH, "USD", ("period", "currency"))),
]


@pytest.mark.parametrize(("period", "currency", "languages", "meant"), ASKED)
def test_what_is_meant(period: str, currency: str, languages: str, meant: PriceSelection) -> None:
    assert parse_selection(catalogue(), period, currency, languages) == meant


def test_only_a_currency_that_is_offered_is_chosen() -> None:
    assert parse_selection(catalogue(), "", "JPY", "", chosen=True).chosen
    assert not parse_selection(catalogue(), "", "JPY", "").chosen
    assert not parse_selection(catalogue(), "", "CHF", "", chosen=True).chosen
    assert not parse_selection(catalogue(), "", "", "ja", chosen=True).chosen


def test_by_the_year_alone_a_month_is_not_offered() -> None:
    known = catalogue()
    plans = [replace(plan, prices={YEAR: plan.prices[YEAR]}) for plan in known.plans]
    yearly = replace(known, plans=tuple(plans))
    assert parse_selection(yearly, "", "", "") == PriceSelection(YEAR, "USD")
    assert parse_selection(yearly, "month", "", "") == PriceSelection(YEAR, "USD", ("period",))


def test_without_prices_nothing_is_unknown() -> None:
    unpriced = replace(catalogue(), currencies=())
    assert parse_selection(unpriced, "week", "EUR", "ja") == PriceSelection(MONTH, "")
