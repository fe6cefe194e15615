"""Under pressure a stranger's address is proved before the number is texted."""

import pytest

from tests.crowd import sql
from tests.person import Person, new_email, new_phone
from tests.pressed import Pressed
from tests.twins import Twins

ASKED_FIRST = "so we’ll confirm your e-mail before we text"
STEPS = ["Phone", "E-mail", "E-mail code", "Text code", "Password"]


def test_the_number_is_texted_once_the_address_is_proved(pressed: Pressed) -> None:
    phone, person = new_phone(), pressed.visitor()
    asked = person.give_phone(phone)
    assert (asked.path, asked.status) == ("/signup/email", 200)
    assert ASKED_FIRST in asked.html
    assert phone in asked.html
    assert "Step 2 of 5" in asked.title
    assert pressed.limited.texts(phone) == 0
    proved = pressed.prove_email(person)
    assert (proved.path, proved.heading) == ("/signup/phone-code", "Enter the code from the text")
    assert "Step 4 of 5" in proved.title
    assert pressed.limited.texts(phone) == 1
    assert person.give_phone_code(phone).path == "/signup/password"
    assert person.give_password().heading == "Your account is ready"


def test_the_steps_are_told_in_their_order(pressed: Pressed) -> None:
    person = pressed.named(new_phone())
    shown = person.get("/signup/email").html.partition('aria-label="Progress"')[2]
    at = [shown.index(f">{name}<") for name in STEPS]
    assert at == sorted(at)


def test_while_all_is_calm_nothing_differs(pressed: Pressed) -> None:
    person, phone = pressed.limited.visitor(), new_phone()
    assert person.give_phone(phone).path == "/signup/phone-code"
    assert person.give_phone_code(phone).path == "/signup/email"
    assert ASKED_FIRST not in person.get("/signup/email").html


def test_a_known_number_is_asked_like_a_new_one(pressed: Pressed) -> None:
    """And opens its account, once both are proved."""
    owner, email, new = new_phone(), new_email(), new_phone()
    sql(
        pressed.product,
        "INSERT INTO users (id, phone, email) VALUES (gen_random_uuid(), $1, $2)",
        owner,
        email,
    )
    twins = Twins((pressed.visitor(), pressed.visitor()), (owner, new))
    for person in twins.people:
        person.http.headers["accept-encoding"] = "identity"
    twins.get("/signup/phone")
    assert twins.post("/signup/phone", phone="CONTACT").location == "/signup/email"
    twins.get("/signup/email")
    for person in twins.people:
        pressed.prove_email(person)
    twins.get("/signup/phone-code")
    assert (
        twins.people[0].submit("/signup/phone-code", code=pressed.product.code_for(owner)).heading
        == "Welcome back"
    )
    assert sql(pressed.product, "SELECT email FROM users WHERE phone = $1", owner) == [(email,)]


def test_a_known_address_proves_nothing(pressed: Pressed) -> None:
    """Its owner is told by mail; the page is like any other's, and no text goes out."""
    email, phone = new_email(), new_phone()
    sql(pressed.product, "INSERT INTO users (id, email) VALUES (gen_random_uuid(), $1)", email)
    person = pressed.named(phone)
    assert person.give_email(email).path == "/signup/email-code"
    assert person.submit("/signup/email-code", code="12345678").status == 422
    pressed.limited.settle()
    assert [m.subject for m in pressed.product.messages(email)] == [
        "You already have a Latchkey account"
    ]
    assert pressed.limited.texts(phone) == 0


def test_a_device_of_the_owner_is_texted_at_once(pressed: Pressed) -> None:
    person, phone = pressed.limited.visitor(), new_phone()
    person.sign_up(phone, new_email())
    person.post("/logout")
    pressed.limited.wait(3600)
    pressed.press(slow=True)
    pressed.enter(person)
    assert person.give_phone(phone).path == "/signup/phone-code"
    pressed.limited.wait(60)
    assert pressed.named(phone).get("/signup/email").status == 200  # anybody else


def test_signing_in_asks_for_no_address(pressed: Pressed) -> None:
    person = pressed.visitor()
    assert person.submit("/login/phone", phone=new_phone()).path == "/login/phone-code"


STAGES = ("email", "email-code", "phone-code", "password")


def at_stage(pressed: Pressed, stage: str, phone: str, email: str) -> Person:
    person = pressed.named(phone)
    if stage != "email":
        person.give_email(email)
    if stage in ("phone-code", "password"):
        person.give_email_code(email)
    if stage == "password":
        person.give_phone_code(phone)
    assert person.get(f"/signup/{stage}").status == 200
    return person


def finish(person: Person, stage: str, phone: str, email: str) -> str:
    """The heading at the end of what is left."""
    if stage == "email":
        person.give_email(email)
    if stage in ("email", "email-code"):
        person.give_email_code(email)
    if stage != "password":
        person.give_phone_code(phone)
    return person.give_password().heading


@pytest.mark.parametrize("stage", STAGES)
def test_the_order_outlives_the_memory_and_the_pressure(pressed: Pressed, stage: str) -> None:
    phone, email = new_phone(), new_email()
    person = at_stage(pressed, stage, phone, email)
    shown = person.get(f"/signup/{stage}").html
    pressed.limited.flush()
    pressed.leave(person)
    again = person.get(f"/signup/{stage}")
    assert progress(again.html) == progress(shown)
    assert finish(person, stage, phone, email) == "Your account is ready"
    assert pressed.limited.texts(phone) == 1


def progress(html: str) -> str:
    return html.partition('aria-label="Progress"')[2].partition("</nav>")[0]


@pytest.mark.parametrize("at", STAGES[:3])
def test_no_other_step_is_taken_than_the_current_one(pressed: Pressed, at: str) -> None:
    person = at_stage(pressed, at, new_phone(), new_email())
    for step in ("phone", *STAGES):
        if step != at:
            assert person.get(f"/signup/{step}").location == f"/signup/{at}"
    person.get(f"/signup/{at}")
    assert person.post("/signup/password", password="seven").location == f"/signup/{at}"
    if at != "phone-code":
        for page in ("phone-code", "phone-code/resend"):
            person.get(f"/signup/{at}")
            assert person.post(f"/signup/{page}", code="123456").location == f"/signup/{at}"


def test_a_number_is_corrected_before_it_is_texted(pressed: Pressed) -> None:
    wrong, right, email = new_phone(), new_phone(), new_email()
    person = at_stage(pressed, "email-code", wrong, email)
    change = person.get("/signup/phone?change")
    assert change.field("phone") == wrong
    assert "We haven’t texted this number yet." in change.html
    assert person.submit("/signup/phone?change", phone=right).path == "/signup/email-code"
    assert person.give_email_code(email).path == "/signup/phone-code"
    assert (pressed.limited.texts(wrong), pressed.limited.texts(right)) == (0, 1)


def test_a_picked_plan_comes_along(pressed: Pressed) -> None:
    person = pressed.visitor()
    person.get("/signup?plan=team&period=month&currency=USD")
    pressed.named(phone := new_phone(), person)
    shown = person.get("/signup/email").html
    pressed.prove_email(person)
    assert ("Team" in shown) == ("Team" in person.get("/signup/phone-code").html)
    assert person.give_phone_code(phone).path == "/signup/password"


def test_starting_over_forgets_the_number(pressed: Pressed) -> None:
    person = pressed.named(new_phone())
    person.get("/signup/email")
    assert person.post("/signup/restart").location == "/signup"
    assert person.get("/signup").field("phone") == ""
    assert person.get("/signup/email").location == "/signup/phone"
