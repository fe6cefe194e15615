"""Sending again: asked for twice at once, or while the code is being used."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crowd import sql
from tests.faults.staged import held, until, waiting
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

USED = "UPDATE {what}_verifications SET consumed_at = clock_timestamp() WHERE {what} = '{contact}'"


def while_used(product: Product, person: Person, what: str, contact: str) -> Seen:
    """Asks for it again when the right code was entered, and that is not committed yet."""
    url, page = product.env["DATABASE_URL"], f"/signup/{what}-code"
    person.get(page)
    with ThreadPoolExecutor(1) as thread:
        with held(url, USED.format(what=what, contact=contact)):
            asked = thread.submit(person.post, f"{page}/resend")
            until(lambda: waiting(url) == 1)
        return asked.result(10)


@pytest.mark.parametrize("what", ["phone", "email"])
def test_a_code_used_meanwhile_stays_used(product: Product, what: str) -> None:
    person, contact = Person(product), {"phone": new_phone(), "email": new_email()}
    person.give_phone(contact["phone"])
    if what == "email":
        person.give_phone_code(contact["phone"])
        person.give_email(contact["email"])
    product.code_for(contact[what])
    told = while_used(product, person, what, contact[what])
    onward = {"phone": "/signup/email", "email": "/signup/password"}[what]
    assert (told.status, told.location) == (303, onward)
    assert "You already did this in another tab." in person.get(onward).html
    assert len(product.messages(contact[what])) == 1
    rows = f"SELECT 1 FROM {what}_verifications WHERE {what} = $1"
    assert len(sql(product, rows, contact[what])) == 1
