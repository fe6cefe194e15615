"""What a new price file would change, told line by line."""

import pytest

from app.domain.pricing.catalogue import changes
from tests.price_files import catalogue

NB = "\u00a0"
TOLD: list[tuple[list[tuple[str, str]], list[str]]] = [
    ([], []),
    ([("9.50", "9")], [f"~ small, a month in USD: $9.50{NB}USD -> $9.00{NB}USD"]),
    ([("168000", "160000")], [f"~ large, a year in JPY: ¥168,000{NB}JPY -> ¥160,000{NB}JPY"]),
    ([('"People"', '"Heads"')], ["~ feature people: People -> Heads"]),
    ([("people = true\n", "")], ["- large, feature people: included"]),
    ([("people = true", 'people = "Any"')], ["~ large, feature people: included -> Any"]),
    ([("highlighted = true\n", "")], ["- large, highlighted: yes"]),
    ([('"For a few."', '"For you."')], ["~ small, description: For a few. -> For you."]),
    ([('"Small"', '"Tiny"')], ["~ small, name: Small -> Tiny"]),
    ([('["USD", "JPY"]', '["JPY", "USD"]')], ["~ currencies: USD, JPY -> JPY, USD"]),
    (
        [('code = "people"', 'code = "name"'), ("people =", "name ="), ("people =", "name =")],
        [
            "~ features: people, help -> name, help",
            "- feature people: People",
            "- small, feature people: Up to 10",
            "- large, feature people: included",
            "+ feature name: People",
            "+ small, feature name: Up to 10",
            "+ large, feature name: included",
        ],
    ),
    (
        [('["USD", "JPY"]', '["USD"]'), *[(f"JPY = {n}\n", "") for n in (1400, 14000, 14000)],
         ("JPY = 168000\n", "")],
        [
            "~ currencies: USD, JPY -> USD",
            f"- small, a month in JPY: ¥1,400{NB}JPY",
            f"- small, a year in JPY: ¥14,000{NB}JPY",
            f"- large, a month in JPY: ¥14,000{NB}JPY",
            f"- large, a year in JPY: ¥168,000{NB}JPY",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("pairs", "told"), TOLD, ids=range(len(TOLD)))
def test_each_difference_is_a_line(pairs: list[tuple[str, str]], told: list[str]) -> None:
    assert changes(catalogue(), catalogue(*pairs)) == told


def test_a_feature_called_like_a_fact_of_the_plan_hides_nothing() -> None:
    called = [('code = "people"', 'code = "name"'), ("people =", "name ="), ("people =", "name =")]
    other = [*called, ('name = "Small"', 'name = "Tiny"')]
    assert changes(catalogue(*called), catalogue(*other)) == ["~ small, name: Small -> Tiny"]


def test_an_order_is_a_difference_too() -> None:
    turned = catalogue(
        ('code = "people"\nname = "People"', 'code = "hulp"\nname = "Help"'),
        ('code = "help"\nname = "Help"', 'code = "people"\nname = "People"'),
        ('"hulp"', '"help"'),
    )
    assert changes(catalogue(), turned) == ["~ features: people, help -> help, people"]


def test_the_first_prices_are_all_new() -> None:
    told = changes(None, catalogue())
    assert {line[:2] for line in told} == {"+ "}
    assert f"+ small, a month in USD: $9.50{NB}USD" in told
