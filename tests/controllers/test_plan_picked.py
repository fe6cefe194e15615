"""A plan that was picked: carried to other browsers, given up, and nobody's before they say so."""

import pytest

from tests.crowd import sql
from tests.holder import Holder
from tests.person import Person, new_email, new_phone
from tests.price_list import publish_prices
from tests.product import Product

TEAM = "plan=team&period=year&currency=EUR&price=27000"
CHOSEN = """
SELECT c.plan, c.amount_minor FROM plan_choices c JOIN users u ON u.id = c.user_id
WHERE u.phone = $1
"""


@pytest.fixture(scope="module")
def priced(product: Product) -> Product:
    publish_prices(product)
    return product


def chosen(product: Product, phone: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in sql(product, CHOSEN, phone)]


def half_way(product: Product, phone: str, email: str) -> Person:
    person = Person(product)
    person.get(f"/signup?{TEAM}")
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    return person


def test_a_sign_up_taken_over_by_another_browser_has_its_plan(priced: Product) -> None:
    phone, other = new_phone(), Person(priced)
    half_way(priced, phone, new_email())
    other.give_phone(phone)
    assert "Your plan: Team, " in other.give_phone_code(phone).html
    other.give_password()
    assert chosen(priced, phone) == [("team", 27000)]


def test_a_plan_changed_on_the_way_is_the_one_taken_over(priced: Product) -> None:
    phone, other = new_phone(), Person(priced)
    person = half_way(priced, phone, new_email())
    person.submit("/plan", choice="starter.month.USD.900")
    other.give_phone(phone)
    assert "Your plan: Starter, " in other.give_phone_code(phone).html


def test_going_on_without_a_plan_has_none(priced: Product) -> None:
    phone, other = new_phone(), Person(priced)
    person = half_way(priced, phone, new_email())
    assert "Continue without a plan" in person.get("/plan").html
    assert person.submit("/plan", answer="none").location == "/signup/password"
    assert "Your plan" not in person.get("/signup/password").html
    other.give_phone(phone)
    assert "Your plan" not in other.give_phone_code(phone).html
    person.give_password()
    assert chosen(priced, phone) == []


def test_who_starts_again_has_none(priced: Product) -> None:
    person = half_way(priced, new_phone(), new_email())
    person.post("/signup/restart")
    assert "Your plan" not in person.get("/signup").html


def test_a_made_up_price_is_asked_about_and_not_kept(priced: Product) -> None:
    phone, person = new_phone(), Person(priced)
    person.get("/signup?plan=team&price=1")
    person.sign_up(phone, new_email())
    assert chosen(priced, phone) == []
    account = person.get("/account")
    assert "You picked Team. Its price has changed since you saw it" in account.html


def test_what_is_only_named_is_nobodys_plan(priced: Product) -> None:
    owner = Holder(priced)
    owner.submit("/plan", choice="starter.month.USD.900")
    page = owner.get(f"/plan?{TEAM}")
    assert "You picked Team, " in page.html
    assert "Your plan: Starter, " in page.html
    assert owner.submit("/plan", answer="keep").path == "/account"
    assert chosen(priced, owner.phone) == [("starter", 900)]
    owner.submit("/plan", answer="none")
    assert chosen(priced, owner.phone) == []


def test_a_pick_outlives_a_session_that_ended(priced: Product) -> None:
    owner = Holder(priced)
    del owner.http.cookies["access"], owner.http.cookies["refresh"]
    owner.get(f"/signup?{TEAM}")
    owner.get("/account")
    owner.submit("/login/password", email=owner.email, password="seven otters paint slowly")
    assert "You picked Team, " in owner.get("/account").html


def test_a_form_of_another_site_picks_nothing(priced: Product) -> None:
    person = Person(priced)
    person.get("/signup/phone")
    refused = person.http.post("/signup/phone", data={"phone": new_phone(), "plan": "team"})
    assert refused.status_code == 403
    assert "plan" not in person.http.cookies


def test_a_plan_that_is_not_offered_is_told_and_the_form_goes_on(priced: Product) -> None:
    person, phone = Person(priced), new_phone()
    page = person.submit("/signup/phone", phone=phone, plan="gone")
    assert page.path == "/signup/phone-code"
    assert "The plan you picked is no longer offered." in page.html


def test_signing_in_by_phone_shows_it_too(priced: Product) -> None:
    owner, person = Holder(priced), Person(priced)
    person.get(f"/signup?{TEAM}")
    assert "Your plan: Team, " in person.get("/login/phone").html
    assert "Your plan: Team, " in person.submit("/login/phone", phone=owner.phone).html


def test_keeping_what_one_has_keeps_a_pick_too_once_the_session_has_ended(priced: Product) -> None:
    person = half_way(priced, new_phone(), new_email())
    person.submit("/plan", answer="keep")
    assert "Your plan: Team, " in person.get("/signup/password").html


def test_who_has_no_plan_is_not_offered_to_keep_one(priced: Product) -> None:
    owner = Holder(priced)
    for page in (owner.get(f"/plan?{TEAM}"), owner.get("/account")):
        assert "eep what you have" not in page.html
    assert ">Continue without a plan</button>" in owner.get(f"/plan?{TEAM}").html
    owner.submit("/plan", choice="starter.month.JPY.1400")
    assert "Keep my plan" in owner.get(f"/plan?{TEAM}").html
