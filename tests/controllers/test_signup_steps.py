"""The order of the steps: none is skipped, swapped or repeated, in however many tabs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.controllers.conftest import STEPS
from tests.person import Person, new_email, new_phone
from tests.product import Product

# What would be right at each step, if it were its turn.
FORMS = {
    "phone": {"phone": "+61491570006"},
    "phone-code": {"code": "123456"},
    "email": {"email": "early@example.org"},
    "email-code": {"code": "12345678"},
    "password": {"password": "seven otters paint slowly"},
}
# A step may be corrected while its code is waited for.
CORRECTABLE = {("phone-code", "phone"), ("email-code", "email")}
OTHERS = [(at, step) for at in STEPS for step in STEPS if step != at]
TOLD = "You already did this in another tab. Here’s where you are now."


@contextmanager
def unmoved(person: Person, step: str) -> Iterator[None]:
    """Whatever happens inside leads nowhere."""
    yield
    assert person.get(f"/signup/{step}").status == 200


@pytest.mark.parametrize(("at", "step"), OTHERS)
def test_another_step_leads_to_the_current_one(
    people: dict[str, Person], at: str, step: str
) -> None:
    with unmoved(people[at], at):
        seen = people[at].get(f"/signup/{step}")
        assert (seen.status, seen.location) == (303, f"/signup/{at}")
        assert people[at].http.head(f"/signup/{step}").headers["location"] == f"/signup/{at}"


@pytest.mark.parametrize(("at", "step"), [pair for pair in OTHERS if pair not in CORRECTABLE])
def test_the_form_of_another_step_leads_to_the_current_one(
    people: dict[str, Person], at: str, step: str
) -> None:
    with unmoved(people[at], at):
        people[at].get(f"/signup/{at}")
        seen = people[at].post(f"/signup/{step}", **FORMS[step])
        assert (seen.status, seen.location) == (303, f"/signup/{at}")
        assert TOLD in people[at].get(seen.location).html
        assert TOLD not in people[at].get(seen.location).html


@pytest.mark.parametrize("step", ["phone-code", "email-code"])
@pytest.mark.parametrize("at", STEPS)
def test_no_code_is_sent_again_at_another_step(
    people: dict[str, Person], at: str, step: str
) -> None:
    if at == step:
        assert people[at].post(f"/signup/{step}/resend").location == f"/signup/{step}"
        return
    with unmoved(people[at], at):
        people[at].get(f"/signup/{at}")
        assert people[at].post(f"/signup/{step}/resend").location == f"/signup/{at}"


@pytest.mark.parametrize(("at", "step"), OTHERS)
def test_only_an_earlier_contact_can_be_changed(
    people: dict[str, Person], at: str, step: str
) -> None:
    earlier = step in ("phone", "email") and STEPS.index(step) < STEPS.index(at)
    with unmoved(people[at], at):
        seen = people[at].get(f"/signup/{step}?change")
        assert seen.location == ("" if earlier else f"/signup/{at}")
        assert not earlier or seen.field(step)


def test_a_get_changes_nothing(people: dict[str, Person]) -> None:
    person = people["phone-code"]
    for query in ("?code=123456", "?phone=%2B61491570006", "?resend=1", "/resend"):
        with unmoved(person, "phone-code"):
            person.get(f"/signup/phone-code{query}")


def test_the_back_button_after_the_end_leads_to_the_end(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    kept = dict(person.http.cookies)
    person.give_email(email)
    person.give_email_code(email)
    assert person.give_password().heading == "Your account is ready"
    thief = Person(product)
    thief.http.cookies.update(kept)
    for step in STEPS:
        assert thief.get(f"/signup/{step}").location == "/signup/done"
    assert "access" not in thief.http.cookies
    assert thief.get("/signup/done").status == 200


def test_the_end_is_not_there_before_the_end(people: dict[str, Person]) -> None:
    for at, person in people.items():
        assert person.get("/signup/done").location == f"/signup/{at}"


def test_a_stale_tab_is_told_where_its_sign_up_is_now(product: Product) -> None:
    person, phone = Person(product), new_phone()
    stale = person.get("/signup/phone")
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.page = stale
    late = person.post("/signup/phone", phone=new_phone())
    assert (late.status, late.location) == (303, "/signup/email")
    assert TOLD in person.get(late.location).html


def test_starting_again_forgets_what_was_proved(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    person.give_phone_code(phone)
    person.give_email(email)
    person.give_email_code(email)
    kept = dict(person.http.cookies)
    assert person.post("/signup/restart").location == "/signup"
    assert "We’ve cleared what you entered." in person.get("/signup").html
    old = Person(product)
    old.http.cookies.update(kept)
    assert old.get("/signup/password").location == "/signup/phone"
    assert old.post("/signup/password", password="seven otters paint slowly").status == 303
    assert product.messages(email)
    anew = Person(product)
    anew.give_phone(phone)
    assert anew.get("/signup/phone-code").status == 200
