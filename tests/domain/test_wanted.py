"""What somebody wants to see: what is offered and asked for, else what fits."""

from dataclasses import replace

import pytest

from app.domain.pricing.catalogue import Interval
from app.domain.pricing.wanted import Wanted, wanted
from tests.price_files import catalogue

MONTH, YEAR = Interval.MONTH, Interval.YEAR
# Period, currency and languages asked for.
ASKED = [
    ("", "", "", Wanted(MONTH, "USD")),
    ("", "", "ja", Wanted(MONTH, "JPY")),
    ("", "", "de", Wanted(MONTH, "USD")),
    ("year", "", "", Wanted(YEAR, "USD")),
    ("year", "JPY", "en-US", Wanted(YEAR, "JPY")),
    ("month", "USD", "ja", Wanted(MONTH, "USD")),
    ("week", "", "", Wanted(MONTH, "USD", ("period",))),
    ("YEAR", "JPY", "", Wanted(MONTH, "JPY", ("period",))),
    ("", "EUR", "ja", Wanted(MONTH, "JPY", ("currency",))),
    ("year", "<b>", "", Wanted(YEAR, "USD", ("currency",))),
    ("week", "EUR", "", Wanted(MONTH, "USD", ("period", "currency"))),
]


@pytest.mark.parametrize(("period", "currency", "languages", "meant"), ASKED)
def test_what_is_meant(period: str, currency: str, languages: str, meant: Wanted) -> None:
    assert wanted(catalogue(), period, currency, languages) == meant


def test_only_a_currency_that_is_offered_is_chosen() -> None:
    assert wanted(catalogue(), "", "JPY", "", chosen=True).chosen
    assert not wanted(catalogue(), "", "JPY", "").chosen
    assert not wanted(catalogue(), "", "CHF", "", chosen=True).chosen
    assert not wanted(catalogue(), "", "", "ja", chosen=True).chosen


def test_by_the_year_alone_a_month_is_not_offered() -> None:
    known = catalogue()
    plans = [replace(plan, prices={YEAR: plan.prices[YEAR]}) for plan in known.plans]
    yearly = replace(known, plans=tuple(plans))
    assert wanted(yearly, "", "", "") == Wanted(YEAR, "USD")
    assert wanted(yearly, "month", "", "") == Wanted(YEAR, "USD", ("period",))


def test_without_prices_nothing_is_unknown() -> None:
    unpriced = replace(catalogue(), currencies=())
    assert wanted(unpriced, "week", "EUR", "ja") == Wanted(MONTH, "")
