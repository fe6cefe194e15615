"""Money: how CLDR writes it, in one piece, with a currency nobody can mistake."""

from decimal import Decimal
from gettext import NullTranslations
from time import process_time

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from app.domain.i18n import Language, reading
from app.domain.pricing.money import (
    amount_of,
    currency_for,
    digits_of,
    display,
    is_known,
    list_territories,
    minor_units,
    per_month,
)

NB, NARROW, RTL, LTR = "\u00a0", "\u202f", "\u200f", "\u200e"
SHOWN = [
    (950, "USD", "en", f"$9.50{NB}USD"),
    (0, "USD", "en", f"$0.00{NB}USD"),
    (1400, "JPY", "en", f"¥1,400{NB}JPY"),
    (950, "CNY", "zh", f"¥9.50{NB}CNY"),
    (1_234_567, "KWD", "en", "KWD1,234.567"),
    (950, "EUR", "en", "€9.50"),
    (950, "EUR", "de", f"9,50{NB}€"),
    (123_456_789, "EUR", "fr", f"1{NARROW}234{NARROW}567,89{NB}€"),
    (950, "CHF", "de_CH", f"CHF{NB}9.50"),
    (950, "CAD", "en", "CA$9.50"),
    (950, "CAD", "en_CA", f"$9.50{NB}CAD"),
    (950, "MXN", "es_MX", f"$9.50{NB}MXN"),
    (950, "SEK", "sv", f"9,50{NB}kr{NB}SEK"),
    (1_234_567, "USD", "ar", f"{RTL}12,345.67{NB}US${LTR}"),
    (1_234_567, "ILS", "he", f"{RTL}12,345.67{NB}{RTL}₪"),
]
FOUR = ("USD", "EUR", "GBP", "JPY")
BY_LANGUAGE = [
    ("", "USD"),
    ("en", "USD"),
    ("en-GB,en;q=0.9", "GBP"),
    ("en-gb", "GBP"),
    ("de", "EUR"),
    ("de-CH", "USD"),
    ("ja,en-US;q=0.7", "JPY"),
    ("fr-CA,fr;q=0.5", "EUR"),
    ("en-US;q=0.3,de;q=0.8", "EUR"),
    ("en-US ; q=0.3 , de ;q=0.8", "EUR"),
    ("en-US;Q=0.3,de;Q=0.8", "EUR"),
    ("de;q=0,en-GB;q=0.1", "GBP"),
    ("de;q=nonsense,en-GB;q=0.1", "GBP"),
    ("de;q=nan,en-GB;q=0.1", "GBP"),
    ("de;q=inf,en-GB;q=0.1", "GBP"),
    ("zh-Hant-TW,ja;q=0.1", "JPY"),
    ("es-419", "USD"),
    ("eo", "USD"),
    ("*", "USD"),
    ("xx-YY", "USD"),
    ("en-XX", "USD"),
    ("i-klingon,en-GB;q=0.1", "GBP"),
    (",;,;q=1,-,--,_", "USD"),
    ("../../etc/passwd", "USD"),
    ("\x7fü", "USD"),
    ("a" * 10_000, "USD"),
]


@pytest.mark.parametrize(("minor", "currency", "locale", "shown"), SHOWN)
def test_money_is_written_as_cldr_says_and_never_breaks(
    minor: int, currency: str, locale: str, shown: str
) -> None:
    assert display(minor, currency, locale) == shown
    assert " " not in shown


def test_money_is_written_as_the_reader_does() -> None:
    assert display(950, "USD") == f"$9.50{NB}USD"
    with reading(Language("de", Locale("de"), NullTranslations())):
        assert display(950, "USD") == f"9,50{NB}${NB}USD"


def test_a_sign_of_several_currencies_never_stands_alone() -> None:
    dollars = [display(100, currency) for currency in ("USD", "CAD", "AUD", "MXN", "HKD", "COP")]
    assert len(set(dollars)) == 6
    assert not any(shown.startswith("$") and shown[-1].isdigit() for shown in dollars)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("9", "USD", 900),
        ("9.5", "USD", 950),
        ("9.500", "USD", 950),
        ("9e2", "USD", 90_000),
        ("1400", "JPY", 1400),
        ("1.234", "KWD", 1234),
        ("0", "KWD", 0),
    ],
)
def test_amounts_are_whole_minor_units(amount: str, currency: str, minor: int) -> None:
    assert minor_units(Decimal(amount), currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("9.505", "USD"),
        ("0.5", "JPY"),
        ("1.2345", "KWD"),
        ("1e-99999999", "USD"),
        (f"9.{'0' * 40}1", "USD"),
    ],
)
def test_a_part_too_small_to_pay_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        minor_units(Decimal(amount), currency)


@given(st.integers(0, 10**12), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_there_and_back_is_the_same(minor: int, currency: str) -> None:
    assert minor_units(amount_of(minor, currency), currency) == minor


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_digits_after_the_point(currency: str, digits: int) -> None:
    assert digits_of(currency) == digits


@pytest.mark.parametrize(("yearly", "monthly"), [(12, 1), (17, 1), (18, 2), (9000, 750), (0, 0)])
def test_a_twelfth_to_the_nearest(yearly: int, monthly: int) -> None:
    assert per_month(yearly) == monthly


@pytest.mark.parametrize("word", ["usd", "US", "USDX", "ZZZ", "", "UＳD", "U\n"])
def test_what_is_no_currency(word: str) -> None:
    assert not is_known(word)
    assert is_known("USD")


@pytest.mark.parametrize(("header", "currency"), BY_LANGUAGE)
def test_the_currency_of_a_browser(header: str, currency: str) -> None:
    assert currency_for(header, FOUR) == currency


@given(st.text(max_size=80))
def test_no_header_is_too_strange(header: str) -> None:
    assert currency_for(header, FOUR) in FOUR


def test_of_many_languages_only_the_first_few_count() -> None:
    assert currency_for("xx," * 7 + "ja", ("USD", "JPY")) == "JPY"
    assert currency_for("xx," * 8 + "ja", ("USD", "JPY")) == "USD"


def test_where_languages_point_to_is_found_at_once() -> None:
    """Anybody can send others with each request, for pages that are made ready otherwise."""
    known = "sv-DE, en-UK, no, zh-Hant-TW, es-419, xx, en-XX, de-1996"
    assert list_territories(known) == ("DE", "GB", "NO", "TW", "419", "DE")
    letters = "abcdefghijkl"
    unknown = [
        ",".join(f"{a}{b}{c}-Abcd-QQ" for c in letters[:8]) for a in letters for b in letters
    ]
    before = process_time()
    for header in unknown:
        list_territories(header)
    assert process_time() - before < 0.2
