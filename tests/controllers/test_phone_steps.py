"""A number is proved in the same way at the door of the sign-up and at that of the sign-in."""

import pytest

from tests.crowd import wrong
from tests.person import Person, new_phone
from tests.product import Product

DOORS = ["/signup", "/login"]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def waiting(product: Product, door: str, phone: str) -> Person:
    """Somebody whose code is on its way."""
    person = Person(product)
    assert person.submit(f"{door}/phone", phone=phone).path == f"{door}/phone-code"
    return person


def test_the_steps_stay_at_their_door(product: Product, door: str) -> None:
    person = waiting(product, door, phone := new_phone())
    code = product.code_for(phone)
    refused = person.post(f"{door}/phone-code", code=wrong(code))
    assert (refused.status, refused.path) == (422, f"{door}/phone-code")
    assert f'href="{door}/phone?change"' in refused.html
    assert person.submit(f"{door}/phone-code", code=code).path == "/signup/email"


@pytest.mark.parametrize("page", ["resend", "delivery"])
def test_what_is_part_of_the_code_page_leads_to_it_when_opened_alone(
    product: Product, door: str, page: str
) -> None:
    person = waiting(product, door, new_phone())
    opened = person.get(f"{door}/phone-code/{page}")
    assert (opened.status, opened.location) == (303, f"{door}/phone-code")


def test_a_number_to_be_corrected_is_filled_in(product: Product, door: str) -> None:
    person = waiting(product, door, phone := new_phone())
    assert person.get(f"{door}/phone?change").field("phone") == phone
