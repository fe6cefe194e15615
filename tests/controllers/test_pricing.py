"""The page of prices and its fragment: what is shown is what is kept, and says all of it."""

import re
from urllib.parse import parse_qs

import pytest

from app.domain.pricing.money import display
from tests.pages import Page
from tests.product import Product
from tests.shown_prices import FORMS, every_form, in_the_table, told

PERIODS = ("month", "year")
CURRENCIES = ("USD", "EUR", "GBP", "JPY")
NO_PERIOD = "We don’t offer that period. Here are the prices by the month."
NO_CURRENCY = "We don’t have prices in that currency. Here they are in USD."
UNPRICED = "We can’t show prices right now, but here are the plans. Ask us for prices"


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("currency", CURRENCIES)
def test_page_fragment_json_ld_and_api_say_what_is_kept(
    priced: Product, period: str, currency: str
) -> None:
    kept = {key: n for key, n in in_the_table(priced).items() if key[2] == currency}
    chosen = {key: amount for key, amount in kept.items() if key[1] == period}
    page, fragment, api = every_form(priced, f"?period={period}&currency={currency}")
    shown = {(name, interval): display(n, currency) for (name, interval, _), n in kept.items()}
    assert len(shown) == 6
    assert page.visible == fragment.visible == shown
    assert page.json_ld == api.api == chosen
    displayed = {plan["name"]: plan["price"]["display"] for plan in api.answer.json()["plans"]}
    assert displayed == {name: shown[name, period] for name in displayed}


def test_the_button_of_a_price_names_it_as_shown(priced: Product) -> None:
    kept = in_the_table(priced)
    page = told(priced, "/pricing?currency=JPY")
    links = [parse_qs(query) for query in re.findall(r'href="/signup\?([^"]+)"', page.unescaped)]
    named = {(q["plan"][0], q["period"][0], q["currency"][0]): int(q["price"][0]) for q in links}
    assert named == {(n.lower(), i, c): amount for (n, i, c), amount in kept.items() if c == "JPY"}


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("", []),
        ("?period=year&currency=eur", []),
        ("?period=week", [NO_PERIOD]),
        ("?currency=XXX", [NO_CURRENCY]),
        ("?currency=XXX&period=week", [NO_PERIOD, NO_CURRENCY]),
        ("?currency=KWD&period=year", [NO_CURRENCY]),
    ],
)
def test_what_is_not_offered_is_told_and_something_else_shown(
    priced: Product, query: str, notes: list[str]
) -> None:
    page, fragment, _ = every_form(priced, query)
    assert page.notes == fragment.notes == notes
    assert len(page.visible) == len(fragment.visible) == 6


@pytest.mark.parametrize(("language", "sign"), [("ja", "¥"), ("de-DE", "€"), ("en-GB", "£")])
def test_the_currency_is_that_of_the_browsers_language(
    priced: Product, language: str, sign: str
) -> None:
    page, headers = told(priced, "/pricing", **{"accept-language": language}), {}
    assert all(sign in shown for shown in page.visible.values())
    headers = {"accept-language": language}
    other = told(priced, "/pricing?currency=USD", **headers)
    assert all("$" in shown for shown in other.visible.values())


def test_period_and_currency_are_links_of_their_own(priced: Product) -> None:
    html = told(priced, "/pricing?period=year&currency=EUR").unescaped
    links = re.findall(r'<li><a href="/pricing\?([^"]+)"( aria-current="true")?>(\w+)</a>', html)
    assert [(query, bool(chosen)) for query, chosen, _ in links] == [
        ("period=month&currency=EUR", False),
        ("period=year&currency=EUR", True),
        *(
            (f"period={period}&currency={each}&chosen=yes", each == "EUR")
            for period in PERIODS
            for each in CURRENCIES
        ),
    ]


def test_the_comparison_is_a_table_that_can_be_read_aloud(priced: Product) -> None:
    html = told(priced, "/pricing").html
    table = re.search(r"<table>.*?</table>", html, re.DOTALL)
    assert table
    assert re.search(r"<caption[^>]*>What each plan includes</caption>", table[0])
    columns = re.findall(r'<th scope="col">(.*?)</th>', table[0])
    rows = re.findall(r'<tr><th scope="row"><span dir="auto">(.*?)</span></th>(.*?)</tr>', table[0])
    assert columns == ["Feature", "Starter", "Team", "Business"]
    cells = {name: re.findall(r"<td>(?:<span[^>]*>)+(.*?)<", row) for name, row in rows}
    assert cells["Single sign-on"] == ["Not included", "Included", "Included"]
    assert cells["Sign-in history"] == ["7 days", "90 days", "2 years"]
    assert {len(row) for row in cells.values()} == {3}


def test_each_price_stands_in_one_piece_with_its_terms(priced: Product) -> None:
    html = told(priced, "/pricing?currency=USD").html
    assert html.count("Plus tax. Renews until you cancel.") == 6
    assert html.count("Billed yearly (<bdi>") == html.count("Billed monthly.") == 3
    assert all(" " not in shown for shown in re.findall(r"<bdi>(.*?)</bdi>", html))


def test_the_page_may_be_found_and_names_itself(priced: Product) -> None:
    html = told(priced, "/pricing?period=year&currency=EUR").html
    assert f'<link rel="canonical" href="{priced.url}/pricing">' in html
    assert "noindex" not in html


@pytest.mark.parametrize(("path", "headers"), FORMS)
def test_its_tags_are_closed_in_order(priced: Product, path: str, headers: dict[str, str]) -> None:
    assert Page(path, told(priced, path, **headers).html).broken == []


def test_home_shows_them_too_in_the_currency_of_the_visitor(priced: Product) -> None:
    home = told(priced, "/")
    assert home.visible == told(priced, "/pricing").visible != {}
    assert home.answer.headers["cache-control"].startswith("public")
    assert told(priced, "/", **{"accept-language": "de-DE"}).visible != home.visible
    assert 'hx-trigger="load"' not in home.html


def test_without_prices_the_plans_are_shown_and_nobody_keeps_that(unpriced: Product) -> None:
    for seen in every_form(unpriced)[:2]:
        assert seen.answer.status_code == 200
        assert seen.notes == [UNPRICED]
        assert seen.html.count('Ask us for prices<span class="unseen"> of ') == 3
        assert "Team" in seen.html
        assert (seen.visible, "ld+json" in seen.html) == ({}, False)
        assert seen.answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in seen.answer.headers
    assert "Not included" in told(unpriced, "/pricing?period=week&currency=XXX").html
