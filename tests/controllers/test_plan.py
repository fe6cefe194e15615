"""The plan someone chose: carried through the sign-up, kept by the account, never repriced."""

import re
from collections.abc import Iterator

import pytest

from tests.crowd import sql
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.price_list import publish_prices
from tests.product import Product

TEAM = "/signup?plan=team&period=year&currency=EUR&price=27000"
CHOSEN = """
SELECT c.plan, c.interval, c.currency, c.amount_minor FROM plan_choices c
JOIN users u ON u.id = c.user_id WHERE u.phone = $1
"""
DEARER = ("USD = 29\n", "USD = 35\n")


@pytest.fixture(scope="module")
def priced(product: Product) -> Iterator[Product]:
    publish_prices(product)
    yield product
    publish_prices(product)


def chosen(product: Product, phone: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in sql(product, CHOSEN, phone)]


def test_a_choice_is_shown_at_every_step_and_kept(priced: Product) -> None:
    person, phone, email = Person(priced), new_phone(), new_email()
    pages = [person.get(TEAM), person.get("/signup/phone")]
    pages += [person.give_phone(phone), person.give_phone_code(phone)]
    pages += [person.give_email(email), person.give_email_code(email)]
    for page in pages:
        assert "Your plan: Team, " in page.html, page.path
        assert "€270.00</bdi> a year" in page.html
        assert 'href="/plan"' in page.html
    person.give_password()
    assert chosen(priced, phone) == [("team", "year", "EUR", 27000)]
    assert "Team, <bdi" in person.get("/account").html


def test_a_form_may_name_a_plan(priced: Product) -> None:
    person, phone = Person(priced), new_phone()
    person.submit("/signup/phone", phone=phone, plan="starter")
    assert "Your plan: Starter, " in person.get("/signup/phone-code").html


@pytest.mark.parametrize(
    "query",
    ["plan=gone", "plan=team&currency=CHF", "plan=team&period=week", "plan=team&price=x"],
)
def test_what_is_not_offered_is_said_and_nothing_is_chosen(priced: Product, query: str) -> None:
    person = Person(priced)
    page = person.get(f"/signup?{query}")
    assert "What you picked isn’t offered." in page.html
    assert "Your plan" not in person.get("/signup/phone").html


def test_nobody_has_to_choose(priced: Product) -> None:
    person, phone = Person(priced), new_phone()
    person.sign_up(phone, new_email())
    assert chosen(priced, phone) == []
    assert "None yet" in person.get("/account").html


def test_it_can_be_changed_on_the_way(priced: Product) -> None:
    person = Person(priced)
    person.get(TEAM)
    plan = person.get("/plan")
    assert re.search(r'value="team\.year\.EUR\.27000" checked', plan.html)
    assert person.submit("/plan", choice="business.month.EUR.13900").path == "/signup/phone"
    assert "Your plan: Business, " in person.get("/signup/phone").html


@pytest.mark.parametrize("choice", ["", "nonsense", "team.year.EUR", "team.day.EUR.1", "a.b.c.d"])
def test_choosing_nothing_is_told_beside_the_field(priced: Product, choice: str) -> None:
    refused = Person(priced).submit("/plan", choice=choice)
    assert (refused.status, refused.alert) == (422, "There is a problem Choose one of the plans.")
    assert 'id="choice-error"' in refused.html


def test_an_account_changes_its_plan(priced: Product) -> None:
    owner = Holder(priced)
    assert owner.submit("/plan", choice="starter.month.JPY.1400").path == "/account"
    assert owner.page
    assert "Plan saved." in owner.page.html
    owner.submit("/plan", choice="business.year.GBP.119000")
    assert chosen(priced, owner.phone) == [("business", "year", "GBP", 119000)]
    assert owner.get("/account/data").response.json()["plan"][0]["plan"] == "business"


def test_a_price_that_changed_is_never_taken_silently(priced: Product) -> None:
    owner, person = Holder(priced), Person(priced)
    owner.submit("/plan", choice="team.month.USD.2900")
    person.get("/signup?plan=team&price=2900")
    publish_prices(priced, DEARER)
    for page in (owner.get("/account"), person.get("/signup/phone"), person.get("/plan")):
        leads_there = "plan=team&amp;period=month&amp;currency=USD&amp;price=2900" in page.html
        assert leads_there or page.path == "/plan"
        assert "The price of Team has changed since you chose it" in page.html
        assert "$35.00" in page.html
    refused = owner.submit("/plan", choice="team.month.USD.2900")
    assert refused.status == 409
    assert "That price has changed since you saw it." in refused.alert
    assert chosen(priced, owner.phone) == [("team", "month", "USD", 2900)]
    assert owner.submit("/plan", choice="team.month.USD.3500").path == "/account"
    assert chosen(priced, owner.phone) == [("team", "month", "USD", 3500)]
    assert "has changed since" not in owner.get("/account").html


def test_a_plan_that_got_dearer_is_ticked_at_its_new_price(priced: Product) -> None:
    owner = Holder(priced)
    publish_prices(priced)
    owner.submit("/plan", choice="team.month.USD.2900")
    publish_prices(priced, DEARER)
    for path in ("/plan", "/plan?plan=team&period=month&currency=USD&price=2900"):
        assert 'value="team.month.USD.3500" checked' in owner.get(path).html
    assert chosen(priced, owner.phone) == [("team", "month", "USD", 2900)]


def test_who_has_an_account_is_asked_before_a_pick_counts(priced: Product) -> None:
    owner = Holder(priced)
    visitor = Person(priced)
    visitor.get(TEAM)
    visitor.give_phone(owner.phone)
    assert visitor.give_phone_code(owner.phone).heading == "Welcome back"
    assert chosen(priced, owner.phone) == []
    assert "You picked Team" in visitor.get("/account").html
    visitor.submit("/plan", choice="team.year.EUR.27000")
    assert "You picked" not in visitor.get("/account").html
    assert chosen(priced, owner.phone) == [("team", "year", "EUR", 27000)]


def test_the_line_on_the_page_of_prices_is_the_persons_own(priced: Product) -> None:
    person = Person(priced)
    htmx = {"hx-request": "true"}
    assert person.get("/plan/chosen", **htmx).status == 204
    person.get(TEAM)
    line = person.get("/plan/chosen", **htmx)
    assert line.response.headers["cache-control"] == "no-store"
    assert 'id="chosen"' in line.html
    assert "Your plan: Team, " in line.html
    assert person.get("/plan/chosen").location == "/plan"
    assert "Team, €" not in person.get("/pricing").html


def test_a_form_without_its_token_chooses_nothing(priced: Product) -> None:
    person = Person(priced)
    person.get("/plan")
    refused = person.http.post("/plan", data={"choice": "team.month.USD.2900"})
    assert refused.status_code == 403
    assert person.get("/plan/chosen", **{"hx-request": "true"}).status == 204


def test_who_is_signed_in_chooses_for_the_account(priced: Product) -> None:
    owner = Holder(priced)
    plan = owner.get(owner.get(TEAM).location)
    assert (plan.path, plan.heading) == ("/plan", "Your plan")
    assert re.search(r'value="team\.year\.EUR\.27000" checked', plan.html)
    assert chosen(priced, owner.phone) == []


def test_a_currency_that_was_chosen_is_remembered(priced: Product) -> None:
    person, htmx = Person(priced), {"hx-request": "true"}
    assert 'hx-get="/plan/chosen?currency=USD"' in person.get("/pricing").html
    chosen_there = "/plan/chosen?currency=EUR&amp;chosen=yes"
    assert f'hx-get="{chosen_there}"' in person.get("/pricing?currency=EUR&chosen=yes").html
    carried_along = person.get("/pricing?period=year&currency=EUR").html
    assert 'hx-get="/plan/chosen?currency=EUR"' in carried_along
    assert person.get("/plan/chosen?currency=EUR&chosen=yes", **htmx).status == 204
    later = person.get("/plan/chosen?currency=USD", **htmx)
    assert (
        '<a href="/pricing?currency=EUR&amp;chosen=yes">Show prices in EUR, as last time</a>'
        in later.html
    )
    assert "€29" not in later.html
    assert person.get("/plan/chosen?currency=EUR", **htmx).status == 204
    assert 'value="team.month.EUR.2700"' in person.get("/plan").html


@pytest.mark.parametrize("asked", ["currency=CHF&chosen=yes", "currency=&chosen=yes", "chosen=yes"])
def test_a_currency_without_prices_is_not(priced: Product, asked: str) -> None:
    person = Person(priced)
    person.get(f"/plan/chosen?{asked}", **{"hx-request": "true"})
    assert "prefs" not in person.http.cookies


def test_it_is_remembered_without_scripts_where_a_plan_is_chosen(priced: Product) -> None:
    person = Person(priced)
    person.get("/plan?currency=JPY")
    assert 'value="team.month.JPY.4400"' in person.get("/plan").html
