"""A sign-up that goes on in another browser takes an e-mail along that was just proved."""

import pytest

from tests.crowd import sql
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

MINUTES_AGO = """
UPDATE email_verifications SET consumed_at = consumed_at - make_interval(mins => $2)
WHERE email = $1 AND consumed_at IS NOT NULL
"""
NUMBER_MINUTES_AGO = """
UPDATE phone_verifications SET created_at = created_at - make_interval(mins => $2),
  consumed_at = consumed_at - make_interval(mins => $2)
WHERE phone = $1
"""


def elsewhere(product: Product, phone: str, email: str, minutes: int, number: int = 0) -> Seen:
    """The page that someone comes to who proves the number in another browser, so many minutes
    after its e-mail was proved in the first, and `number` minutes after the number was.
    """
    first, second = Person(product), Person(product)
    first.give_phone(phone)
    first.give_phone_code(phone)
    first.give_email(email)
    assert first.give_email_code(email).path == "/signup/password"
    sql(product, MINUTES_AGO, email, minutes)
    sql(product, NUMBER_MINUTES_AGO, phone, number)
    second.give_phone(phone)
    return second.give_phone_code(phone)


@pytest.mark.parametrize(
    ("minutes", "path"),
    [(9, "/signup/password"), (11, "/signup/email"), (19 * 60, "/signup/email")],
)
def test_an_address_counts_there_for_ten_minutes(product: Product, minutes: int, path: str) -> None:
    page = elsewhere(product, new_phone(), email := new_email(), minutes)
    assert page.path == path
    assert (email in page.html) == (minutes < 10), "whoever has the number now learns no address"


@pytest.mark.parametrize(
    ("number", "path"),
    [(9, "/signup/password"), (11, "/signup/email"), (18 * 60, "/signup/email")],
)
def test_only_if_the_number_was_proved_as_lately(product: Product, number: int, path: str) -> None:
    page = elsewhere(product, new_phone(), email := new_email(), 0, number)
    assert page.path == path
    assert (email in page.html) == (number < 10), "who had the number before plants no address"


def test_it_is_simply_proved_again(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    elsewhere(product, phone, email, 11)
    person.give_phone(phone)
    assert person.give_phone_code(phone).path == "/signup/email"
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().path == "/signup/done"


def test_the_first_browser_keeps_what_was_proved_in_it(product: Product) -> None:
    first, phone, email = Person(product), new_phone(), new_email()
    first.give_phone(phone)
    first.give_phone_code(phone)
    first.give_email(email)
    first.give_email_code(email)
    sql(product, MINUTES_AGO, email, 11)
    assert first.give_password().path == "/signup/done"
