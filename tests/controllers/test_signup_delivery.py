"""The line that says what became of a message, as an open page asks for it."""

import pytest

from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product


def line(person: Person, step: str) -> Seen:
    return person.get(f"/signup/{step}/delivery", **{"hx-request": "true"})


def test_it_asks_again_while_the_message_is_young(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    product.code_for(phone)
    asked = line(person, "phone-code")
    assert (asked.status, "hx-get=" in asked.html) == (200, True)
    assert asked.html.count('id="delivery"') == 1
    assert person.get("/signup/phone-code/delivery").location == "/signup/phone-code"


@pytest.mark.parametrize("how", ["proved", "proved elsewhere", "started again", "never begun"])
def test_on_a_page_that_was_left_it_rests(product: Product, how: str) -> None:
    person, phone = Person(product), new_phone()
    if how != "never begun":
        person.give_phone(phone)
    left = Person(product)
    left.http.cookies.update(person.http.cookies)
    if how.startswith("proved"):
        person.give_phone_code(phone)
    elif how == "started again":
        person.give_phone_code(phone)
        person.post("/signup/restart")
    asked = line(left if how == "proved elsewhere" else person, "email-code")
    assert (asked.status, asked.location) == (200, "")
    assert asked.html.startswith('<div id="delivery"')
    assert "hx-get" not in asked.html
    assert "Reload it to see where you are" in asked.html


def test_so_does_that_of_the_mail(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    assert "hx-get=" in line(person, "email-code").html
    person.give_email_code(email)
    for step in ("phone-code", "email-code"):
        asked = line(person, step)
        assert (asked.status, "hx-get" in asked.html) == (200, False)
