"""The price file: each rule with the line and the sentence; written again it is the same."""

from dataclasses import replace

import pytest

from app.domain.pricing.catalogue import Catalogue, Interval
from app.domain.pricing.price_file import (
    BELIEVABLE,
    BadPriceFile,
    format_price_file,
    read_price_file,
)
from tests.price_files import BEGUN, FILE, changed

AMOUNT = "An amount is a number from 0 on, like 9 or 9.50, in USD."
CODE = "A code is needed: small letters, digits and hyphens, a letter first, at most 31."
NAME = "A name is needed: one line of at most 60 characters."
MUCH = "That is more than anybody pays."
HOW_MUCH = "Write true, false, or how much in quotes."
MISSING = "The prices for a month are missing: other plans have them."
ONE_EACH = "Write each of them under a line [[features]] of its own."
UNKNOWN_TOP = "“colour” is not known here. Known are: currencies, features, plans."

# What is replaced by what, and each problem that this makes: line and sentence.
RULES: list[tuple[str, str, list[tuple[int, str]]]] = [
    ('["USD", "JPY"]', "[]", [(1, 'Say which ones: currencies = ["USD", "EUR"].')]),
    ('["USD", "JPY"]', '"USD"', [(1, 'Say which ones: currencies = ["USD", "EUR"].')]),
    ('"JPY"]', '"JPY", "USD"]', [(1, "USD is there twice.")]),
    ('"JPY"]', '"JPY", "usd"]', [(1, "'usd' is no currency of ISO 4217.")]),
    ('"JPY"]', '"JPY", "ZZZ"]', [(1, "'ZZZ' is no currency of ISO 4217.")]),
    ('"JPY"]', '"JPY", 7]', [(1, "7 is no currency of ISO 4217.")]),
    ("currencies =", 'colour = "red"\ncurrencies =', [(1, UNKNOWN_TOP)]),
    ('"help"', '"people"', [
        (8, "The code “people” is used twice."),
        (31, "There is no feature “help” among [[features]]."),
    ]),
    ('name = "People"', 'nome = "People"', [
        (3, NAME),
        (5, "“nome” is not known here. Known are: code, name."),
    ]),
    ('name = "People"', 'name = " "', [(5, NAME)]),
    ('name = "People"', f'name = "{"x" * 61}"', [(5, NAME)]),
    ('name = "People"', 'name = "a\\nb"', [(5, NAME)]),
    ('name = "People"', 'name = "a\\u0000b"', [(5, NAME)]),
    ('name = "People"', 'name = "a\\u007f"', [(5, NAME)]),
    ('name = "People"', "name = 7", [(5, NAME)]),
    ('code = "small"', 'code = "Small"', [(12, CODE)]),
    ('code = "small"', 'code = "1st"', [(12, CODE)]),
    ('code = "small"', f'code = "{"x" * 32}"', [(12, CODE)]),
    ('code = "small"\n', "", [(11, CODE)]),
    ('code = "small"', 'code = "large"', [(25, "The code “large” is used twice.")]),
    ('"For a few."', f'"{"x" * 201}"',
     [(14, "A description is needed: one line of at most 200 characters.")]),
    ("highlighted = true", 'highlighted = "yes"', [(28, "highlighted is true or false.")]),
    ('"For a few."', '"For a few."\nhighlighted = true',
     [(29, "Only one plan can be highlighted.")]),
    ('people = "Up to 10"', 'peple = "Up to 10"',
     [(16, "There is no feature “peple” among [[features]].")]),
    ('people = "Up to 10"', "people = 10", [(16, HOW_MUCH)]),
    ('people = "Up to 10"', 'people = ""', [(16, HOW_MUCH)]),
    ('people = "Up to 10"', 'people = "a\\tb"', [(16, HOW_MUCH)]),
    ("[plans.features]", "[[plans.features]]", [(15, "Write them under a line [plans.features].")]),
    ("USD = 9.50", "USD = -9.50", [(18, AMOUNT)]),
    ("USD = 9.50", 'USD = "9.50"', [(18, AMOUNT)]),
    ("USD = 9.50", "USD = true", [(18, AMOUNT)]),
    ("USD = 9.50", "USD = nan", [(18, AMOUNT)]),
    ("USD = 9.50", "USD = inf", [(18, AMOUNT)]),
    ("USD = 9.50", "USD = -inf", [(18, AMOUNT)]),
    ("USD = 9.50", "USD = 1e10", [(18, MUCH)]),
    ("USD = 9.50", "USD = 1e999999", [(18, MUCH)]),
    ("USD = 9.50", f"USD = 1{'0' * 400}", [(18, MUCH)]),
    ("USD = 9.50", "USD = 9.505", [(18, "USD has 2 digits after the point.")]),
    ("JPY = 1400", "JPY = 1400.5", [(19, "JPY has 0 digits after the point.")]),
    ("USD = 9.50\n", "", [(17, "The price in USD for a month is missing.")]),
    ("USD = 9.50", "USD = 9.50\nEUR = 9", [(19, "EUR is not among the currencies above.")]),
    ("USD = 95", "USD = 114.01", [(21, "In USD a year costs more than twelve months.")]),
    ("[plans.month]\nUSD = 9.50\nJPY = 1400\n", "", [(11, MISSING)]),
    ("[plans.month]\nUSD = 9.50\nJPY = 1400\n", "month = 9\n", [
        (17, "There is no feature “month” among [[features]]."),
    ]),
]  # fmt: skip
BROKEN = [
    ("currencies = [", 1),
    ("a = 1\nb = [\n\n", 2),
    ("a = 1\nb == 2", 2),
    ('currencies = ["USD"]\nname = "open', 2),
    ('currencies = ["USD"]\nname = "open\nb = 2', 2),
    ("a = 2026-13-45", 1),
    ("\x00", 1),
]


def problems(text: str) -> list[tuple[int, str]]:
    with pytest.raises(BadPriceFile) as bad:
        read_price_file(text)
    return [(each.line, each.sentence) for each in bad.value.problems]


@pytest.mark.parametrize(("old", "new", "told"), RULES, ids=range(len(RULES)))
def test_each_rule_names_its_line(old: str, new: str, told: list[tuple[int, str]]) -> None:
    assert [each for each in problems(changed((old, new))) if each in told] == told
    assert len(problems(changed((old, new)))) <= len(told) + 1, "at most one that follows from it"


@pytest.mark.parametrize(("text", "line"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_toml_names_its_line(text: str, line: int) -> None:
    [(where, sentence)] = problems(text)
    assert where == line
    assert sentence.startswith("This is not TOML: ")


@pytest.mark.parametrize("number", ["9" * 5000, "1e99999999999999999999"])
def test_a_number_that_nobody_can_read_is_refused(number: str) -> None:
    told = problems(changed(("9.50", number)))
    assert told == [(0, "A number in it is far too long.")]


def test_all_problems_come_at_once_the_first_line_first() -> None:
    told = problems(changed(("9.50", "-1"), ('"small"', '"S"'), ("14000", "0.5")))
    assert [line for line, _ in told] == [12, 18, 22]


def test_an_empty_file_says_what_is_needed() -> None:
    assert problems("") == [
        (0, 'Say which ones: currencies = ["USD", "EUR"].'),
        (0, "There is no plan: write at least one [[plans]]."),
    ]


def test_a_plan_without_prices_is_not_enough() -> None:
    text = 'currencies = ["USD"]\n[[plans]]\ncode = "a"\nname = "A"\ndescription = "B"\n'
    assert problems(text) == [(2, "No plan has prices: write [plans.month] or [plans.year].")]


@pytest.mark.parametrize("table", ["[features]", "features = 3", "features = [3]"])
def test_a_table_of_the_wrong_kind_is_told(table: str) -> None:
    text = f'currencies = ["USD"]\n{table}\n'
    assert (2, ONE_EACH) in problems(text)


def test_what_it_says_is_what_is_read() -> None:
    read = read_price_file(FILE)
    small, large = read.plans
    assert (read.currencies, read.intervals) == (("USD", "JPY"), (Interval.MONTH, Interval.YEAR))
    assert small.prices[Interval.MONTH] == {"USD": 950, "JPY": 1400}
    assert (small.features, small.highlighted) == ({"people": "Up to 10"}, False)
    assert (large.features, large.highlighted) == ({"people": "", "help": "Within a day"}, True)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lines_end_one_way_or_the_other(end: str) -> None:
    text = f"# a\u2028comment\n{changed(('9.50', '-1'))}".replace("\n", end)
    assert problems(text) == [(19, AMOUNT)]


BARE = """
currencies = ["EUR"]
plans = [{code = "a", name = "A", description = "B", year = {EUR = 1}}]
"""
AGAIN = [
    BARE,
    FILE,
    BELIEVABLE.read_text(),
    changed(('"JPY"]', '"KWD"]')).replace("JPY", "KWD"),
    changed(('"Small"', r'"“\"\\ <b> é \u00e9 日本"'), ('"Up to 10"', "false")),
    changed(("9.50", "0"), ("95", "0"), ('"help"', '"a-b"'), ("help =", "a-b =")),
    changed(("[plans.month]\nUSD = 9.50\nJPY = 1400\n", "")).replace(
        "[plans.month]\nUSD = 90\nJPY = 14000\n", ""
    ),
]


@pytest.mark.parametrize("text", AGAIN, ids=range(len(AGAIN)))
def test_written_and_read_again_it_is_the_same(text: str) -> None:
    def undated(catalogue: Catalogue) -> Catalogue:
        return replace(catalogue, effective_from=BEGUN)

    once = read_price_file(text)
    assert undated(read_price_file(format_price_file(once))) == undated(once)
