"""The outbox page of a developer's machine."""

from collections.abc import Callable

import pytest

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


@pytest.mark.parametrize(
    "name",
    ["x-forwarded-for", "x-forwarded-proto", "X-Forwarded-Server", "x-forwarded-port", "forwarded",
     "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-real-ip", "x-original-host", "via",
     "x-cluster-client-ip", "fastly-client-ip", "x-envoy-external-address", "cdn-loop"],
)  # fmt: skip
def test_what_a_proxy_passed_on_finds_no_outbox(product: Product, name: str) -> None:
    person = Person(product)
    assert person.get("/dev/outbox", **{name: "https"}).status == 404
    assert person.get("/dev/auth0/.well-known/jwks.json", **{name: "https"}).status == 404
    assert person.get("/dev/outbox").status == 200
