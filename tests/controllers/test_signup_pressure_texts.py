"""Under pressure: when a text goes out once the address is proved, and how many do."""

from collections.abc import Callable

import pytest

from tests.controllers.conftest import DAILY
from tests.controllers.test_signup_limits import ENOUGH, STOPPED, refusal
from tests.controllers.test_signup_pressure import ASKED_FIRST
from tests.crowd import answers, post_at_once, sql
from tests.person import Person, new_phone
from tests.pressed import WAIT, WAIT_OVER, Pressed
from tests.product import GENEROUS, Product

SLOWER = "texts are going out a little slower"
CODE_OLDER = "UPDATE phone_verifications SET expires_at = expires_at - interval '1 minute'"
KEPT = "SELECT phone FROM phone_verifications WHERE kept AND ended_at IS NULL"
REFUSED = "SELECT details->>'limit' AS limit FROM audit_events WHERE event = 'signup:send_refused'"
# A network keeps two numbers, and Irish ones come after the address.
FEW = "kept_numbers_per_network = { windows = [[3600, 2]] }\nraised_regions = { IE = 0 }\n"
FEW_OF_DOMAIN = (
    "signups_per_mail_domain = { windows = [[86400, 2]] }\nraised_regions = { IE = 0 }\n"
)
TEXTED, KEPT_BACK = "Enter the code from the text", "Confirm your number"


def in_another_tab(person: Person) -> Person:
    other = Person(person.product)
    other.http.cookies, other.http.headers = person.http.cookies, person.http.headers
    return other


def test_a_text_waits_as_long_as_it_has_to(pressed: Pressed) -> None:
    pressed.press(slow=True)
    person = pressed.named(phone := new_phone())
    waits = pressed.prove_email(person)
    assert (waits.path, waits.heading) == ("/signup/phone-code", "Confirm your number")
    assert SLOWER in waits.html
    assert "Step 4 of 5" in waits.title
    early = person.post("/signup/phone-code/resend")
    assert early.status == 429
    assert 25 < int(early.response.headers["retry-after"]) <= WAIT
    assert pressed.limited.texts(phone) == 0
    sql(pressed.product, WAIT_OVER)
    pressed.limited.flush()
    assert person.get("/signup/phone-code").html.count(SLOWER) == 0
    assert person.post("/signup/phone-code/resend").location == "/signup/phone-code"
    assert "We texted you a code." in person.get("/signup/phone-code").html
    assert person.give_phone_code(phone).path == "/signup/password"


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_wait_is_not_begun_anew(pressed: Pressed, is_forgotten: bool) -> None:
    """By no reload, no other tab, no other number, and no flushed memory."""
    pressed.press(slow=True)
    person = pressed.named(new_phone())
    pressed.prove_email(person)
    older = "UPDATE phone_verifications SET text_after = text_after - interval '10 seconds'"
    sql(pressed.product, older)
    pressed.limited.forget("{latchkey}:signup:*")
    if is_forgotten:
        pressed.limited.flush()
    other, phone = in_another_tab(person), new_phone()
    other.submit("/signup/phone?change", phone=phone)
    for tab in (person, other):
        tab.get("/signup/phone-code")
        early = tab.post("/signup/phone-code/resend")
        assert 15 < int(early.response.headers["retry-after"]) <= 20
    sql(pressed.product, WAIT_OVER)
    pressed.limited.flush()
    person.get("/signup/phone-code")
    assert person.post("/signup/phone-code/resend").status == 303
    assert pressed.limited.texts(phone) == 1


def test_a_stop_loses_nothing_of_what_was_proved(pressed: Pressed) -> None:
    person = pressed.named(phone := new_phone())
    pressed.limited.sent_before(DAILY, region="SE")
    pressed.limited.flush()
    assert pressed.prove_email(person).heading == "Confirm your number"
    refused = person.post("/signup/phone-code/resend")
    assert refusal(refused) == (503, None, STOPPED)
    assert "/login/password" in refused.html
    pressed.limited.wait(24 * 3600)
    assert person.post("/signup/phone-code/resend").location == "/signup/phone-code"
    assert person.give_phone_code(phone).path == "/signup/password"


def test_a_mailbox_has_four_texts_a_day(pressed: Pressed) -> None:
    """However it is written, in whichever sign-up, and when the memory forgets."""
    spellings = ["ada.b@gmail.com", "adab+1@gmail.com", "a.d.a.b+2@gmail.com", "adab@gmail.com"]
    for email in spellings:
        pressed.limited.wait(3600)
        pressed.press()
        person = pressed.named(phone := new_phone())
        pressed.prove_email(person, email)
        assert pressed.limited.texts(phone) == 1
    pressed.limited.wait(3600)
    pressed.press()
    person = pressed.named(phone := new_phone())
    assert pressed.prove_email(person, "adab+5@gmail.com").heading == "Confirm your number"
    assert refusal(person.post("/signup/phone-code/resend")) == (429, None, ENOUGH)
    assert pressed.limited.texts(phone) == 0


def test_a_number_that_is_changed_and_a_resend_count_to_the_mailbox(pressed: Pressed) -> None:
    person = pressed.named(new_phone())
    pressed.prove_email(person)
    for _ in range(2):
        assert person.submit("/signup/phone?change", phone=(last := new_phone())).status == 200
        assert pressed.limited.texts(last) == 1
    pressed.limited.wait(60)
    person.get("/signup/phone-code")
    assert person.post("/signup/phone-code/resend").status == 303
    pressed.limited.wait(60)
    refused = person.post("/signup/phone-code/resend")
    assert refusal(refused) == (429, None, ENOUGH)
    assert "The code you have still works." in refused.html
    person.submit("/signup/phone?change", phone=(more := new_phone()))
    assert pressed.limited.texts(more) == 0


def test_whose_text_was_sent_is_not_sent_back(pressed: Pressed) -> None:
    person, phone = pressed.limited.visitor(), new_phone()
    person.give_phone(phone)
    pressed.enter(person)
    assert person.get("/signup/phone-code").heading == "Enter the code from the text"
    assert person.give_phone_code(phone).path == "/signup/email"


@pytest.mark.parametrize("way", ["resend", "phone", "other"])
def test_another_text_is_sent_after_the_address_alone(pressed: Pressed, way: str) -> None:
    person, phone = pressed.limited.visitor(), new_phone()
    person.give_phone(phone)
    pressed.limited.wait(60)
    sql(pressed.product, CODE_OLDER)
    pressed.enter(person)
    if way == "resend":
        asked = person.submit_from("/signup/phone-code", "/signup/phone-code/resend")
        asked = person.get(asked.location) if asked.status == 303 else asked
    else:
        named = phone if way == "phone" else new_phone()
        asked = person.submit("/signup/phone?change", phone=named)
        phone = named
    assert asked.path == "/signup/email"
    assert ASKED_FIRST in asked.html
    before = pressed.limited.texts(phone)
    assert pressed.prove_email(person).heading == "Enter the code from the text"
    assert pressed.limited.texts(phone) == before + 1


def test_a_number_named_again_is_kept_once(pressed: Pressed) -> None:
    person = pressed.named(phone := new_phone())
    for again in (phone, new_phone(), phone):
        assert person.submit("/signup/phone?change", phone=again).path == "/signup/email"
    assert sql(pressed.product, KEPT) == [(phone,)]


def test_a_network_keeps_so_many_numbers_an_hour(emptied_product: Callable[..., Product]) -> None:
    product = emptied_product(GENEROUS + FEW)
    for last in (1, 2):
        asked = Person(product).give_phone(f"+35385123456{last}")
        assert asked.path == "/signup/email"
    refused = Person(product)
    refused.get("/signup/phone")
    assert refusal(refused.post("/signup/phone", phone="+353851234563")) == (429, None, ENOUGH)
    assert len(sql(product, KEPT)) == 2
    named = {row["limit"] for row in sql(product, REFUSED)}
    assert named == {"strangers_per_region", "kept_numbers_per_network"}


def test_a_domain_of_ones_own_is_no_endless_supply_of_mailboxes(
    emptied_product: Callable[..., Product],
) -> None:
    """However its mailboxes and the names below it are called; a shared one is nobody's own."""
    product = emptied_product(GENEROUS + FEW_OF_DOMAIN)
    people = []
    for n, email in enumerate(("a@x.example.net", "b@example.net", "c@y.example.net")):
        people.append(person := Person(product))
        person.give_phone(f"+35385123456{n}")
        person.give_email(email)
        last = person.give_email_code(email)
    assert (people[1].get("/signup/phone-code").heading, last.heading) == (TEXTED, KEPT_BACK)
    ask = ("/signup/phone-code", "/signup/phone-code/resend")
    assert refusal(people[2].submit_from(*ask)) == (429, None, ENOUGH)
    people[0].give_phone_code("+353851234560")
    assert people[2].submit_from(*ask).heading == TEXTED
    for n in range(3, 6):
        (person := Person(product)).give_phone(f"+35385123456{n}")
        person.give_email(email := f"a{n}@gmail.com")
        assert person.give_email_code(email).heading == TEXTED


def test_many_tabs_at_once_text_once(pressed: Pressed) -> None:
    pressed.press(slow=True)
    person = pressed.named(phone := new_phone())
    pressed.prove_email(person)
    sql(pressed.product, WAIT_OVER)
    pressed.limited.flush()
    person.get("/signup/phone-code")
    given = answers(post_at_once(person, "/signup/phone-code/resend", 10))
    assert given == {"303 /signup/phone-code": 10}
    assert pressed.limited.texts(phone) == 1


def test_a_number_that_someone_else_just_had_texted_waits_for_that(pressed: Pressed) -> None:
    person = pressed.named(phone := new_phone())
    pressed.limited.visitor().give_phone(phone)
    assert pressed.prove_email(person).heading == "Confirm your number"
    early = person.post("/signup/phone-code/resend")
    assert early.status == 429
    assert 15 < int(early.response.headers["retry-after"]) <= 30
    pressed.limited.wait(30)
    assert person.post("/signup/phone-code/resend").location == "/signup/phone-code"
    assert pressed.limited.texts(phone) == 2
