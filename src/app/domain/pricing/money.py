"""Money: integers in minor units, shown as CLDR writes them, never without a clear currency."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel import Locale
from babel.core import get_global
from babel.numbers import (
    format_currency,
    get_currency_precision,
    get_currency_symbol,
    get_territory_currencies,
    is_currency,
)

from app.domain.i18n import current_language
from app.domain.languages import cut_header, preferred_tags

# Signs that several currencies share; the ISO code is then said too.
SHARED = frozenset({"$", "¥", "kr", "Rs", "₨"})
MOST = 10**9  # in whole units: nobody pays more
NO_BREAK = "\u00a0"
LEFT_TO_RIGHT = "\u200e"
# A language, and the region if it is one of a region (RFC 5646, 2.1).
TAG = re.compile(
    r"([a-z]{2,3})(?:-[a-z]{4})?(?:-([a-z]{2}|[0-9]{3}))?(?:-[a-z0-9-]*)?", re.ASCII | re.IGNORECASE
)
NO_COUNTRY = Locale("en")
TERRITORIES = NO_COUNTRY.territories


def is_known(currency: str) -> bool:
    """Whether ISO 4217 has it, in capitals."""
    return (
        len(currency) == 3 and currency.isascii() and currency.isupper() and is_currency(currency)
    )


def minor_units(amount: Decimal, currency: str) -> int:
    """9.50 USD is 950. Raises ValueError when the currency has no such small part."""
    minor = int(amount.scaleb(digits_of(currency)))
    if amount_of(minor, currency) != amount:
        raise ValueError(currency)
    return minor


def amount_of(minor: int, currency: str) -> Decimal:
    """950 in USD is 9.50."""
    return Decimal(minor).scaleb(-digits_of(currency))


def digits_of(currency: str) -> int:
    """After the point, by CLDR: 2 for USD, 0 for JPY, 3 for KWD."""
    return int(get_currency_precision(currency))


def display(minor: int, currency: str, locale: str | Locale | None = None) -> str:
    """What is shown, for example `$9.50 USD` or `€9.50`, in the current language if no other
    `locale` is given; it does not break across lines.
    """
    locale = Locale.parse(locale or _locale())
    symbol = get_currency_symbol(currency, locale)
    shown = format_currency(amount_of(minor, currency), currency, locale=locale)
    if locale.text_direction == "rtl" and symbol[0].isascii() and symbol.endswith("$"):
        # From right to left, US$ alone is drawn as $US.
        shown = shown.replace(symbol, symbol + LEFT_TO_RIGHT)
    if symbol in SHARED:
        shown += f" {currency}"
    return shown.replace(" ", NO_BREAK)


def _locale() -> Locale:
    """English as no country writes it: in Britain a dollar is `US$`."""
    language = current_language.get()
    return NO_COUNTRY if language.code == "en" else language.locale


def per_month(yearly: int) -> int:
    """A twelfth, to the nearest minor unit."""
    return int((Decimal(yearly) / 12).to_integral_value(ROUND_HALF_UP))


def currency_for(accept_language: str, offered: tuple[str, ...]) -> str:
    """Of those offered, the one used where a browser's languages point to; else the first."""
    for territory in list_territories(accept_language):
        for currency in get_territory_currencies(territory):
            if currency in offered:
                return str(currency)
    return offered[0]


def list_territories(accept_language: str, silent: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Where a browser's languages point to, the most wanted first; `silent` ones point nowhere.
    Nobody reads more languages than a few.
    """
    return _list_territories(cut_header(accept_language), silent)


@lru_cache(maxsize=512)
def _list_territories(accept_language: str, silent: tuple[str, ...]) -> tuple[str, ...]:
    tags = (tag for tag in preferred_tags(accept_language) if tag.lower() not in silent)
    return tuple(territory for tag in tags if (territory := _territory(tag)))


def _territory(tag: str) -> str | None:
    """`GB` of `en-GB`; what CLDR holds most likely for a language alone. Read here, as Babel looks
    on the disk for each language it does not know, and anybody may send others each time.
    """
    read = TAG.fullmatch(tag)
    if read is None:
        return None
    language, region = read[1].lower(), (read[2] or "").upper()
    if region:
        [region, *_] = get_global("territory_aliases").get(region, [region])
        return region if region in TERRITORIES else None
    likely = get_global("likely_subtags").get(language, "")
    return str(likely).rpartition("_")[2] or None
