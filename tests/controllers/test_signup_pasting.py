"""A code is read however people hand it over, and only as one for this site."""

import pytest

from tests.controllers.test_signup_guesses import guess, texted
from tests.crowd import sql
from tests.person import new_phone
from tests.product import Product


@pytest.mark.parametrize("form", ["{0} ", "{1} {2}", "{1}-{2}", "#{0}", "Your code: {0}.", "{3}"])
def test_a_code_is_read_however_it_is_pasted(product: Product, form: str) -> None:
    person, code = texted(product, new_phone())
    full_width = code.translate({48 + n: 0xFF10 + n for n in range(10)})
    typed = form.format(code, code[:3], code[3:], full_width)
    assert guess(person, typed, 1).location == "/signup/email"


def test_the_whole_text_can_be_pasted(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    [message] = product.messages(phone)
    assert message.body.endswith(f"@127.0.0.1 #{code}")
    assert guess(person, message.body, 1).location == "/signup/email"


def test_a_pasted_code_of_another_site_is_not_even_counted(product: Product) -> None:
    person, code = texted(product, phone := new_phone())
    refused = guess(person, f"Your code is {code}.\n\n@evil.example #{code}", 1)
    assert (refused.status, refused.heading) == (422, "Enter the code from the text")
    assert "That code is for another site. Don’t enter it here." in refused.alert
    [row] = sql(product, "SELECT attempts FROM phone_verifications WHERE phone = $1", phone)
    assert row["attempts"] == 0
