"""The budget and the prices of texts: the built-in estimates, and a file of the operator's own."""

from datetime import date
from pathlib import Path

import pytest

from app.adapters.text_prices import read_text_budget
from app.domain.delivery.spending import MILLIONTHS, Price, TextBudget
from app.settings import BadSettings, read_settings

OWN = """\
as_of = 2026-12-24
currency = "EUR"

[exchange]
USD = 1.15

[regions]
SE = { text = 0.05, call = 0.1 }

[other]
text = 0.2
call = 1
"""
WRONG = [
    (("currency", "curency"), 2, "“curency” is not known here. Known are: as_of, currency, other"),
    (("as_of = 2026-12-24", "as_of = 'now'"), 1, "Say when these prices were looked up"),
    (('"EUR"', '"euro"'), 2, "Say in which currency"),
    (("SE =", "XX ="), 8, "XX is no region of ISO 3166 such as GB."),
    (("SE =", "se ="), 8, "se is no region"),
    (("text = 0.05", "text = -0.05"), 8, "SE needs text and call"),
    (("text = 0.05", "text = 0"), 8, "SE needs text and call, numbers above 0"),
    (("call = 1\n", "call = 0.0\n"), 10, "[other] needs text and call, numbers above 0"),
    (("text = 0.05", "text = inf"), 8, "SE needs text and call"),
    (("text = 0.05", "text = 101"), 8, "SE needs text and call"),
    (("text = 0.05, ", ""), 8, "SE needs text and call"),
    (("call = 1\n", ""), 10, "[other] needs text and call"),
    (("USD = 1.15", "USD = 0"), 5, "USD must be a currency and what it costs"),
    (("USD = 1.15", "usd = 1.15"), 5, "usd must be a currency and what it costs"),
    (("[regions]", "[regions"), 7, "This is not TOML"),
    (("SE = { text = 0.05, call = 0.1 }\n", ""), 7, "There are no prices by region"),
]  # fmt: skip


def budget(**env: str) -> TextBudget:
    return read_text_budget(read_settings({"ENVIRONMENT": "test"} | env))


def own(folder: Path, text: str, **env: str) -> TextBudget:
    path = folder / "prices.toml"
    path.write_text(text)
    return budget(SMS_PRICES_FILE=str(path), **env)


def test_without_settings_there_is_a_budget_by_estimates() -> None:
    found = budget()
    assert (found.amount, found.prices.currency) == (200 * MILLIONTHS, "USD")
    assert found.prices.source == "built-in estimates"
    served = read_settings({"ENVIRONMENT": "test"}).sms_regions
    assert {*served} <= found.prices.regions.keys()
    assert all(price.text > 0 and price.call > 0 for price in found.prices.regions.values())


def test_a_thousand_sign_ups_of_any_default_region_fit_in_a_day() -> None:
    """With a third of them texted twice."""
    found = budget()
    served = read_settings({"ENVIRONMENT": "test"}).sms_regions
    dearest = max(found.prices.regions[region].text for region in served)
    assert 1_333 * dearest <= found.amount


def test_the_estimates_are_turned_into_the_currency_of_the_budget() -> None:
    dollars, euros = budget().prices, budget(SMS_DAILY_BUDGET="50.50 EUR")
    assert (euros.amount, euros.prices.currency) == (50_500_000, "EUR")
    assert euros.prices.regions["DE"].text == 0.87 * dollars.regions["DE"].text


def test_an_own_file_replaces_all_of_them(tmp_path: Path) -> None:
    found = own(tmp_path, OWN, SMS_DAILY_BUDGET="9 EUR").prices
    assert found.regions == {"SE": Price(50_000, 100_000)}
    assert (found.other, found.dearest) == (Price(200_000, 1_000_000), 1_000_000)
    assert (found.as_of, found.source) == (date(2026, 12, 24), str(tmp_path / "prices.toml"))


def test_what_is_exchanged_is_rounded_up(tmp_path: Path) -> None:
    text = OWN.replace("0.05", "0.000001")
    assert own(tmp_path, text).prices.regions["SE"] == Price(2, 115_000)


def test_a_currency_that_no_price_is_known_in_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"SMS_DAILY_BUDGET is in JPY.*prices for EUR, USD only"):
        own(tmp_path, OWN, SMS_DAILY_BUDGET="5000 JPY")


@pytest.mark.parametrize(("change", "line", "told"), WRONG)
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, told: str
) -> None:
    assert change[0] in OWN
    with pytest.raises(BadSettings) as refused:
        own(tmp_path, OWN.replace(*change))
    problems = refused.value.problems
    assert [p for p in problems if f"prices.toml:{line}: {told}" in p] != [], problems


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(BadSettings, match="SMS_PRICES_FILE cannot be read"):
        budget(SMS_PRICES_FILE="/nowhere/prices.toml")


@pytest.mark.parametrize("given", ["50", "USD", "50 usd", "-1 USD", "1.005 USD", "50USD", "∞ USD"])
def test_a_budget_that_is_no_sum_is_refused(given: str) -> None:
    with pytest.raises(BadSettings, match="SMS_DAILY_BUDGET must be a sum of money such as 50 USD"):
        budget(SMS_DAILY_BUDGET=given)
