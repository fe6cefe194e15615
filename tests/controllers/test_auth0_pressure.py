"""Whoever comes with Auth0 under pressure: an address that is not proved comes first there, too."""

from tests.federated import Federated
from tests.person import new_phone
from tests.pressed import Pressed


def test_an_address_that_is_vouched_for_is_proved(pressed: Pressed) -> None:
    person = Federated(pressed.product)
    assert person.come_with_auth0().path == "/signup/phone"
    pressed.enter(person)
    assert person.give_phone(person.phone).path == "/signup/phone-code"
    assert pressed.limited.texts(person.phone) == 1
    assert person.give_phone_code(person.phone).path == "/signup/done"


def test_any_other_is_proved_before_the_number(pressed: Pressed) -> None:
    person = Federated(pressed.product)
    person.come_with_auth0(unverified="on")
    pressed.enter(person)
    asked = person.give_phone(person.phone)
    assert (asked.path, asked.field("email")) == ("/signup/email", person.email)
    assert "Your phone is confirmed." not in asked.html
    assert "Step 2 of 4" in asked.title
    assert pressed.limited.texts(person.phone) == 0
    assert pressed.prove_email(person, person.email).path == "/signup/phone-code"
    assert person.give_phone_code(person.phone).path == "/signup/done"


def test_no_text_is_sent_on_the_way_back(pressed: Pressed) -> None:
    """Whoever takes to Auth0 instead of the code by mail asks for the text by its button."""
    person, phone = Federated(pressed.product), new_phone()
    pressed.enter(person)
    pressed.named(phone, person)
    del person.http.headers["x-forwarded-for"]  # the provider is on this machine
    assert person.come_with_auth0().path == "/signup/phone-code"
    assert pressed.limited.texts(phone) == 0
    assert person.post("/signup/phone-code/resend").location == "/signup/phone-code"
    assert pressed.limited.texts(phone) == 1
    assert person.give_phone_code(phone).path == "/signup/done"
