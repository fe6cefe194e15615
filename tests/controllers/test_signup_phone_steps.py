"""A number is proved in the same way at the entry points of sign-up and sign-in."""

import pytest

from tests.crowd import wrong
from tests.person import Person, new_phone
from tests.product import Product

DOORS = ["/signup", "/login"]


@pytest.fixture(params=DOORS)
def entry_point(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def waiting(product: Product, entry_point: str, phone: str) -> Person:
    """Someone whose code is on its way."""
    person = Person(product)
    assert person.submit(f"{entry_point}/phone", phone=phone).path == f"{entry_point}/phone-code"
    return person


def test_the_steps_stay_at_their_entry_point(product: Product, entry_point: str) -> None:
    person = waiting(product, entry_point, phone := new_phone())
    code = product.code_for(phone)
    refused = person.post(f"{entry_point}/phone-code", code=wrong(code))
    assert (refused.status, refused.path) == (422, f"{entry_point}/phone-code")
    assert f'href="{entry_point}/phone?change"' in refused.html
    assert person.submit(f"{entry_point}/phone-code", code=code).path == "/signup/email"


@pytest.mark.parametrize("page", ["resend", "delivery"])
def test_what_is_part_of_the_code_page_leads_to_it_when_opened_alone(
    product: Product, entry_point: str, page: str
) -> None:
    person = waiting(product, entry_point, new_phone())
    opened = person.get(f"{entry_point}/phone-code/{page}")
    assert (opened.status, opened.location) == (303, f"{entry_point}/phone-code")


def test_a_number_to_be_corrected_is_filled_in(product: Product, entry_point: str) -> None:
    person = waiting(product, entry_point, phone := new_phone())
    assert person.get(f"{entry_point}/phone?change").field("phone") == phone
