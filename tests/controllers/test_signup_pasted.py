"""What comes along when something is pasted: folded, so that it works as it was meant."""

from collections.abc import Callable

import pytest

from tests.person import Person, new_email, new_phone
from tests.product import Product

PASTED = {
    "underscores": lambda code: f"{code[:3]}_{code[3:]}",
    "zero width": lambda code: "\u200b".join(code),
    "soft hyphens": lambda code: f"\ufeff{code[:3]}\u00ad{code[3:]}",
    "letter O": lambda code: code.replace("0", "O"),
}


@pytest.mark.parametrize("how", PASTED.values(), ids=PASTED.keys())
def test_a_code_is_taken_as_it_was_pasted(product: Product, how: Callable[[str], str]) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    while how is PASTED["letter O"] and "0" not in person.code(phone):
        phone = new_phone()
        person.submit("/signup/phone?change", phone=phone)
    person.submit("/signup/phone-code", code=how(person.code(phone)))
    assert person.page is not None
    assert person.page.path == "/signup/email"


@pytest.mark.parametrize("how", ["{}\uff20{}", "\u200b{}@{}", "\ufeff {}@{}\u200e"], ids=ascii)
def test_an_address_is_taken_as_it_was_pasted(product: Product, how: str) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    shown = person.submit("/signup/email", email=how.format(*email.split("@")))
    assert shown.path == "/signup/email-code"
    assert person.give_email_code(email).path == "/signup/password"


def test_an_address_with_something_unseen_within_is_told(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    person.give_phone_code(phone)
    refused = person.submit("/signup/email", email="na\u200bme@example.org")
    assert refused.status == 422
    assert "hidden character" in refused.alert
