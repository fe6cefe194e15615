"""The budget of texts and calls, and the file of their prices: the built-in estimates, or the
operator's own, read with every problem and its line.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import ROUND_CEILING, Decimal
from pathlib import Path
from typing import Any

import phonenumbers

from app.domain.delivery.spending import MILLIONTHS, Price, TextBudget, TextPrices
from app.domain.pricing.price_file import KeyPath, Problem, TomlLines, find_syntax_problem
from app.settings import BadSettings, Settings

BUILT_IN = Path(__file__).with_name("text_prices.toml")
CURRENCY = re.compile("[A-Z]{3}")
DEAREST = 100  # whole units of a currency that a text may cost at most: more is a slip
# What costs nothing would pass every budget, also one of nothing; amounts are rounded up, so no
# other price does.
TABLES = ("regions", "exchange")
KEYS = ("as_of", "currency", "other", *TABLES)
AMOUNTS = "needs text and call, numbers above 0, up to 100, such as { text = 0.055, call = 0.04 }."


def read_text_budget(settings: Settings) -> TextBudget:
    """What a day's texts and calls may cost, with prices in the same currency. Raises
    `BadSettings`.
    """
    path = Path(settings.sms_prices_file or BUILT_IN)
    document = read_prices_file(path)
    amount, currency = settings.sms_daily_budget.split()
    own = document["currency"]
    rate = Decimal(1) if currency == own else document.get("exchange", {}).get(currency)
    if rate is None:
        known = ", ".join((own, *document.get("exchange", {})))
        raise BadSettings(
            [
                f"SMS_DAILY_BUDGET is in {currency}, but {path.name} has prices for {known} only:"
                f" name a sum in one of these, or a file with prices in {currency}"
                " by SMS_PRICES_FILE."
            ]
        )
    source = str(path) if settings.sms_prices_file else "built-in estimates"
    regions = {region: _price(entry, rate) for region, entry in document["regions"].items()}
    other = _price(document["other"], rate)
    prices = TextPrices(source, document["as_of"], currency, regions, other)
    return TextBudget(int(Decimal(amount) * MILLIONTHS), prices)


def read_prices_file(path: str | Path) -> dict[str, Any]:
    """As it is written. Raises `BadSettings` with every problem, file and line."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings([f"SMS_PRICES_FILE cannot be read: {error}."]) from error
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        problems = [find_syntax_problem(str(error), text)]
    else:
        lines = TomlLines(text)
        problems = [Problem(lines.find_line(at), what) for at, what in _problems(document)]
    if problems:
        raise BadSettings([f"SMS_PRICES_FILE: {path}:{each.line}: {each.sentence}"
                           for each in sorted(problems, key=lambda each: each.line)])  # fmt: skip
    return document


def _problems(document: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for name in document.keys() - {*KEYS}:
        yield (name,), f"“{name}” is not known here. Known are: {', '.join(KEYS)}."
    if type(document.get("as_of")) is not date:
        yield ("as_of",), "Say when these prices were looked up: as_of = 2026-11-30."
    currency = document.get("currency")
    if not (isinstance(currency, str) and CURRENCY.fullmatch(currency)):
        yield ("currency",), 'Say in which currency: currency = "USD".'
    if not _is_price(document.get("other")):
        yield ("other",), f"[other] {AMOUNTS}"
    for name in TABLES:
        if not isinstance(document.get(name, {}), dict):
            yield (name,), f"{name} must be a table: [{name}]."
    if not document.get("regions"):
        yield ("regions",), "There are no prices by region: write [regions]."
    yield from _entry_problems(document)


def _entry_problems(document: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    regions, exchange = (document.get(name) for name in TABLES)
    for region, entry in regions.items() if isinstance(regions, dict) else ():
        if region not in phonenumbers.SUPPORTED_REGIONS:
            yield ("regions", region), f"{region} is no region of ISO 3166 such as GB."
        elif not _is_price(entry):
            yield ("regions", region), f"{region} {AMOUNTS}"
    for currency, rate in exchange.items() if isinstance(exchange, dict) else ():
        if not CURRENCY.fullmatch(currency) or not _is_number(rate) or rate <= 0:
            what = f"{currency} must be a currency and what it costs, such as EUR = 0.87."
            yield ("exchange", currency), what


def _is_price(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and entry.keys() == {"text", "call"}
        and all(_is_number(value) and 0 < value <= DEAREST for value in entry.values())
    )


def _is_number(value: Any) -> bool:
    """TOML knows infinity and what is no number, too."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return False
    return Decimal(value).is_finite()


def _price(entry: dict[str, Any], rate: Decimal) -> Price:
    """Rounded up."""
    text, call = (
        int((entry[kind] * rate * MILLIONTHS).to_integral_value(ROUND_CEILING))
        for kind in ("text", "call")
    )
    return Price(text, call)
