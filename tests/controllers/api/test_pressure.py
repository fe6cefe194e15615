"""A sign-up under pressure, in JSON: the same as by pages, and what programs are told."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.both_ways import ByCalls, ByPages, Story
from tests.client import Client
from tests.crowd import sql
from tests.person import new_email, new_phone
from tests.pressed import WAIT, WAIT_OVER, Pressed

ASKED = "signup/phone:phone signup/email:email>email"
PROVED = f"{ASKED} signup/email-code:right>phone"
# Steps, where they lead, the refusals of calls, and what is sent.
CASES = {
    "the address first": (
        f"{PROVED} signup/phone-code:wrong signup/phone-code:right signup/password:good",
        "in", "wrong_code", "email_code phone_code",
    ),
    "a number that has an account": (
        "signup/phone:owner_phone signup/email:email>email"
        " signup/email-code:right>owner_phone signup/phone-code:right",
        "in", "", "email_code phone_code new_device",
    ),
    "an address that has one": (
        "signup/phone:phone signup/email:owner_email signup/email-code:12345678",
        "", "wrong_code", "email_taken",
    ),
    "another number before the code": (
        f"{ASKED} signup/phone:other_phone signup/email-code:right>other_phone"
        " signup/phone-code:right",
        "password", "", "email_code phone_code",
    ),
    "a step that is not its turn": (
        f"signup/phone:phone signup/phone-code:123456 signup/password:good {ASKED}",
        "email-code", "out_of_step out_of_step", "email_code",
    ),
}  # fmt: skip


@pytest.fixture
def client(pressed: Pressed) -> Iterator[Client]:
    with Client(pressed.product) as one:
        yield one


def tell(pressed: Pressed, way: ByPages | ByCalls, steps: str) -> tuple[list[str], dict[str, Any]]:
    """Whoever has an account made that before."""
    story = Story(pressed.product, way, steps)
    pressed.limited.wait(3600)
    sql(pressed.product, "TRUNCATE audit_events")  # of what is told once an hour
    pressed.press()
    pressed.enter(way.person if isinstance(way, ByPages) else way.client)
    return story.tell(), story.left()


@pytest.mark.parametrize("case", CASES)
def test_pages_and_calls_are_alike(pressed: Pressed, client: Client, case: str) -> None:
    steps, ends, codes, templates = CASES[case]
    told, left = tell(pressed, ByPages(pressed.product), steps)
    calls = ByCalls(client)
    assert tell(pressed, calls, steps) == (told, left)
    assert told[-1] == ends or (not ends and " " in told[-1])
    assert " ".join(calls.codes) == codes
    assert " ".join(row[1] for row in left["messages"]) == templates


def test_a_program_is_told_the_step_and_the_wait(pressed: Pressed, client: Client) -> None:
    pressed.press(slow=True)
    pressed.enter(client)
    named = client.post("/signup/phone", phone=(phone := new_phone()))
    assert (named.status_code, named.json()["step"]) == (201, "email")
    assert named.json()["missing"] == ["phone", "email", "password"]
    client.post("/signup/email", email=(email := new_email()))
    waits = client.post("/signup/email-code", code=client.code(email)).json()
    assert (waits["step"], waits["missing"]) == ("phone-code", ["phone", "password"])
    assert (waits["expires_at"], waits["attempts_left"]) == (None, None)
    assert WAIT - 5 < waits["resend_after"] <= WAIT
    early = client.post("/signup/phone-code/resend")
    assert (early.status_code, early.json()["code"]) == (429, "too_soon")
    assert early.headers["retry-after"] == str(early.json()["retry_after"])
    assert client.post("/signup/phone-code", code="123456").json()["code"] == "no_code"
    assert (
        client.delivery("/signup/phone-code").json()["detail"] == "Your text hasn’t gone out yet."
    )
    sql(pressed.product, WAIT_OVER)
    pressed.limited.flush()
    texted = client.post("/signup/phone-code/resend").json()
    assert texted["step"] == "phone-code"
    assert texted["expires_at"]
    assert client.post("/signup/phone-code", code=client.code(phone)).json()["step"] == "password"
