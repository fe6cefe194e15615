"""Phone numbers: whatever is typed is a number that can be texted, or a sentence why it is not."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identity.phone import (
    TEXTABLE,
    BadPhone,
    CountryNeeded,
    InternetPhone,
    LandlinePhone,
    Phone,
    UnservedPhone,
)

SERVED = ("US", "CA", "GB", "IE", "DE", "FR", "ES", "IT", "NL", "SE", "AU", "NZ")
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
AU = "+61491570006"
WRITTEN = [
    ("+61491570006", AU),
    (" +61 491 570 006 ", AU),
    ("+61-491-570-006", AU),
    ("+61.491.570.006", AU),
    ("+61 (0)491 570 006", AU),
    ("0061 491 570 006", AU),
    ("tel:+61491570006", AU),
    ("TEL:+61-491-570-006", AU),
    ("＋６１４９１５７０００６", AU),
    ("+٦١٤٩١٥٧٠٠٠٦", AU),
    ("+61\u00a0491\u202f570\u2009006", AU),
    ("+61 491\u2013570\u2014006", AU),
    ("\u202a+61 491 570 006\u202c", AU),
    ("\u2068tel:+61491570006\u2069", AU),
    ("\ufeff+61491\u200b570\u200e006 \u200f", AU),
    ("+1 (202) 555-0123", "+12025550123"),
    ("+39 312 345 6789", "+393123456789"),
    ("+46 70 174 06 05", "+46701740605"),
]
REFUSED = [
    ("", "Enter your mobile phone number."),
    (" \t\n", "Enter your mobile phone number."),
    ("tel:", "Enter your mobile phone number."),
    ("+", "in digits"),
    ("() - .", "in digits"),
    ("+61 491 570 006;ext=5", "only digits"),
    ("+61 491 570 006 x5", "only digits"),
    ("0491CALLNOW", "only digits"),
    ("+61491\x00570006", "only digits"),
    ("+61491\t570006", "only digits"),
    ("+61491\n570006", "only digits"),
    ("+61491570006\n+61491570007", "only digits"),
    ("+61491570006,+61491570007", "only digits"),
    ("++61491570006", "only digits"),
    ("+61+491570006", "only digits"),
    ("①②③", "only digits"),
    ("+1 202 555", "too short"),
    ("+6149157000600600600", "too long"),
    ("9" * 10_000, "too long"),
    ("+999 1234567", "No country has that code"),
    ("+0123456789", "No country has that code"),
    ("555 555 5555", "Start with + and your country code"),
    ("123", "too short"),
    ("06", "too short"),
    ("0491 570", "too short"),
    ("202 555", "too short"),
    ("+44 12345", "too short"),
    ("1234567890123", "too long"),
    ("0491 570 0061 2345", "too long"),
]
# Each tells what to do instead, so no two of them may say the same.
KINDS = {
    "landline": "+44 20 7946 0000",
    "internet": "+44 56 1234 5678",
    "premium": "+44 909 879 0000",
    "elsewhere": "+7 912 345 67 89",
    "nobody's": "+447700900123",
    "empty": "",
    "short": "123",
    "long": "1234567890123",
    "letters": "0491CALLNOW",
    "no country": "555 555 5555",
}
UNTEXTABLE = [
    ("+44 20 7946 0000", LandlinePhone),
    ("+1 876 555 0123", UnservedPhone),
    ("+86 131 2345 6789", UnservedPhone),
    ("+7 912 345 67 89", UnservedPhone),
    ("+881 612 345 678", UnservedPhone),
    ("+870 773 111 632", UnservedPhone),
    ("+44 56 1234 5678", InternetPhone),
    ("+33 9 87 65 43 21", InternetPhone),
    ("+353 76 123 4567", InternetPhone),
    ("+44 909 879 0000", BadPhone),
    ("+1 800 555 0199", BadPhone),
    ("+1 900 555 0199", BadPhone),
    ("+44 70 1234 5678", BadPhone),
    ("+44 76 1234 5678", BadPhone),
    ("+44 843 123 4567", BadPhone),
    ("+44 3031 234567", BadPhone),
    ("+447700900123", BadPhone),
]


@pytest.mark.parametrize(("typed", "e164"), WRITTEN)
def test_a_number_is_read_however_it_is_written(typed: str, e164: str) -> None:
    assert Phone.parse(typed, SERVED).e164 == e164


@pytest.mark.parametrize(("typed", "words"), REFUSED, ids=lambda text: ascii(text)[:25])
def test_what_is_no_number_is_told_why(typed: str, words: str) -> None:
    with pytest.raises(BadPhone) as refused:
        Phone.parse(typed, SERVED)
    assert words in str(refused.value.message)
    assert refused.value.field == "phone"


@pytest.mark.parametrize(("typed", "kind"), UNTEXTABLE)
def test_a_number_that_cannot_be_texted_is_refused(typed: str, kind: type[BadPhone]) -> None:
    with pytest.raises(kind) as refused:
        Phone.parse(typed, SERVED)
    assert refused.value.field == "phone"


MX = "+525512345678"
OLD_MEXICAN = [
    "+52 1 55 1234 5678",
    "+5215512345678",
    "0052 1 55 1234 5678",
    "+52 044 55 1234 5678",
    "+52 (1) 55 1234 5678",
]
OLD_MEXICAN_AT_HOME = ["044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "1 55 1234 5678"]


@pytest.mark.parametrize("typed", OLD_MEXICAN)
def test_a_mexican_number_in_its_form_before_2019_is_understood(typed: str) -> None:
    assert Phone.parse(typed, (*SERVED, "MX")).e164 == MX


@pytest.mark.parametrize("typed", OLD_MEXICAN_AT_HOME)
def test_so_is_one_as_it_was_dialled_within_mexico(typed: str) -> None:
    assert Phone.parse(typed, (*SERVED, "MX"), "MX").e164 == MX


def test_the_old_mexican_form_takes_nothing_from_other_countries() -> None:
    assert Phone.parse("1 202 555 0123", ("US", "MX"), "US").e164 == "+12025550123"
    assert Phone.parse("1 202 555 0123", ("US", "MX")).e164 == "+12025550123"


def test_no_two_kinds_are_told_the_same() -> None:
    told = {kind: parsed(typed, "") for kind, typed in KINDS.items()}
    assert len({*told.values()}) == len(KINDS), told
    assert all(isinstance(sentence, str) for sentence in told.values())


def test_without_country_code_the_only_fitting_country_is_taken() -> None:
    assert Phone.parse("0491 570 006", ("AU",)) == Phone(AU, "AU")
    assert Phone.parse("0491 570 006", ("AU", "US")) == Phone(AU, "AU")


def test_without_country_code_and_in_doubt_the_country_is_asked_for() -> None:
    with pytest.raises(CountryNeeded) as asked:
        Phone.parse("612 345 678", SERVED)
    assert len(asked.value.regions) > 1
    for region in asked.value.regions:
        assert Phone.parse("612 345 678", SERVED, region).region == region


@pytest.mark.parametrize("region", SERVED)
def test_a_number_as_it_is_written_at_home_is_one_of_the_chosen_country(region: str) -> None:
    for number in islice(mobiles(region), 200):
        typed = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert Phone.parse(typed, SERVED, region).region == region, typed


@pytest.mark.parametrize("typed", ["+61 491 570 006", "0061 491 570 006", "tel:+61491570006"])
def test_a_country_code_wins_over_the_chosen_country(typed: str) -> None:
    assert Phone.parse(typed, SERVED, "US") == Phone(AU, "AU")


def test_a_number_that_is_none_of_the_chosen_country_is_asked_about() -> None:
    with pytest.raises(CountryNeeded) as asked:
        Phone.parse("0491 570 006", ("AU", "US"), "US")
    assert asked.value.regions == ("AU",)


def test_what_cannot_be_texted_in_the_chosen_country_is_told() -> None:
    with pytest.raises(LandlinePhone):
        Phone.parse("08 465 004 01", SERVED, "SE")


def mobiles(region: str) -> Iterator[phonenumbers.PhoneNumber]:
    """Random ones, the same at each run."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    length, chance = len(str(example.national_number)), Random(region)
    while True:
        digits = chance.randrange(10 ** (length - 1), 10**length)
        number = phonenumbers.PhoneNumber(example.country_code, digits)
        kind = phonenumbers.number_type(number)
        if phonenumbers.region_code_for_number(number) == region and kind in TEXTABLE:
            yield number


@pytest.mark.parametrize("country", ["XX", "RU", "au", "", "AU\x00", "AU;DROP", "A" * 10_000])
def test_only_a_served_country_can_be_chosen(country: str) -> None:
    with pytest.raises(BadPhone):
        Phone.parse("491 570 0069", ("AU",), country)


def test_a_block_is_the_number_less_its_last_four_digits() -> None:
    assert Phone(AU, "AU").block == "+6149157"


def parsed(typed: str, country: str) -> Phone | str:
    """The number, or the sentence of a refusal; nothing else may be raised."""
    try:
        return Phone.parse(typed, SERVED, country)
    except BadPhone as refused:
        return str(refused.message)


numberish = st.text(alphabet="+0123456789 ()-.０１９٣\u200bx;\x00", max_size=45)


@given(st.text(max_size=60) | numberish, st.text(max_size=3) | st.sampled_from(SERVED))
def test_anything_typed_is_a_number_or_a_sentence(typed: str, country: str) -> None:
    phone = parsed(typed, country)
    if isinstance(phone, str):
        assert phone.endswith((".", "?"))
        return
    assert E164.fullmatch(phone.e164)
    assert phone.region in SERVED
    assert Phone.parse(phone.e164, SERVED) == phone
    assert Phone.parse(phone.formatted, SERVED) == phone


@given(st.integers(0, 10**8 - 1))
def test_every_accepted_number_reads_the_same_again(number: int) -> None:
    phone = parsed(f"+614{number:08d}", "")
    assert isinstance(phone, str) or phone == Phone(f"+614{number:08d}", "AU")


def test_the_example_on_the_page_is_a_number_that_is_accepted() -> None:
    page = Path(__file__).parents[2] / "src/app/partials/signup/phone.html"
    [example] = re.findall(r"set example %}<bdi[^>]*>([^<]+)", page.read_text())
    assert Phone.parse(example, SERVED).formatted == example
