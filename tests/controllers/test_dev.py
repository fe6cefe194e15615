"""The outbox page of a developer's machine."""

from collections.abc import Callable

from tests.person import Person, new_phone
from tests.product import Product


def test_the_outbox_shows_the_text_with_its_code(product: Product) -> None:
    person, phone = Person(product), new_phone()
    person.give_phone(phone)
    code = product.code_for(phone)
    outbox = person.get("/dev/outbox")
    assert phone in outbox.html
    assert code in outbox.html


def test_there_is_no_outbox_where_real_providers_send(
    another_product: Callable[..., Product],
) -> None:
    real = another_product(
        TWILIO_ACCOUNT_SID="AC" + "0" * 32,
        TWILIO_AUTH_TOKEN="token",
        TWILIO_FROM_NUMBER="+12025550100",
        SENDGRID_API_KEY="SG.key",
        SENDGRID_FROM_EMAIL="hello@example.org",
    )
    assert Person(real).get("/dev/outbox").status == 404
