"""A vendor nobody can reach: left alone for a while, tried with one message, then used again."""

from dataclasses import dataclass
from time import sleep
from typing import Any

import pytest

from tests.faults.staged import Staged, told, until
from tests.person import Person, new_email, new_phone
from tests.standins import behaviour as acts

SLOW = "Texts are slow or unavailable at the moment."


@dataclass
class Outage:
    """Of Twilio: people who asked in its beginning and later, and what could be seen meanwhile."""

    early: dict[str, Person]
    late: dict[str, Person]
    expired: str
    warned: str
    line: str
    health: tuple[str, str]
    mail: str
    asked_at_once: int


@pytest.fixture(scope="module")
def outage(staged: Staged) -> Outage:
    mailed, email = Person(staged), new_email()
    mailed.give_phone(phone := new_phone())
    mailed.give_phone_code(phone)
    staged.twilio.stop()
    early = dict(asking(staged) for _ in range(3))
    until(lambda: SLOW in Person(staged).get("/signup/phone").html)
    late = dict(asking(staged) for _ in range(3))
    waiting, _, expired = late
    grow_old(staged, waiting, expired)
    mailed.give_email(email)
    staged.wait_for_state(email, "sent")
    until(lambda: twilio_in(staged.whole_health()) == "warn")  # an answer is kept for 2 s
    health = staged.whole_health()
    seen = Outage(
        early, late, expired,
        warned=Person(staged).get("/signup/phone").html,
        line=told(late[waiting], "/signup/phone-code"),
        health=(health["status"], twilio_in(health)),
        mail=staged.state_of(email),
        asked_at_once=back_again(staged),
    )  # fmt: skip
    for to in early | late:
        staged.wait_for_state(to, "sent", "expired", "failed", seconds=60)
    return seen


def twilio_in(health: dict[str, Any]) -> str:
    return str(health["checks"]["twilio:state"][0]["status"])


def asking(staged: Staged) -> tuple[str, Person]:
    person, phone = Person(staged), new_phone()
    person.give_phone(phone)
    return phone, person


def grow_old(staged: Staged, waiting: str, expired: str) -> None:
    """One has waited for a while, of another the code has expired."""
    staged.sql(
        "UPDATE deliveries SET created_at = created_at - interval '20 seconds'"
        " WHERE destination = $1", waiting,
    )  # fmt: skip
    staged.sql("UPDATE deliveries SET expires_at = now() WHERE destination = $1", expired)


def back_again(staged: Staged) -> int:
    """How often Twilio was asked as soon as it could be. Its first answer takes a while."""
    before = staged.twilio.requests
    staged.twilio.script.next(acts.delayed(1.0))
    staged.twilio.start()
    sleep(0.5)
    return staged.twilio.requests - before


def test_people_are_told_before_they_ask_and_while_they_wait(outage: Outage) -> None:
    assert SLOW in outage.warned
    assert outage.line == (
        "We can’t reach the service that sends the text right now. We’ll keep trying."
    )


def test_health_warns_and_does_not_fail(outage: Outage) -> None:
    assert outage.health == ("warn", "warn")


def test_the_other_vendor_is_not_held_up(outage: Outage) -> None:
    assert outage.mail == "sent"


def test_it_is_left_alone_and_then_tried_with_one_message(staged: Staged, outage: Outage) -> None:
    assert outage.asked_at_once == 0
    people = outage.early | outage.late
    first, second, *_ = [text for text in staged.twilio.messages if text.to in people]
    assert (second.received_at - first.received_at).total_seconds() >= 1.0


def test_each_message_drains_once(staged: Staged, outage: Outage) -> None:
    sent = {to for to in outage.early | outage.late if staged.state_of(to) == "sent"}
    assert sent == {*outage.early, *outage.late} - {outage.expired}
    assert [len(staged.texts_to(to)) for to in sent] == [1] * len(sent)


def test_an_expired_code_is_not_sent_late(staged: Staged, outage: Outage) -> None:
    assert staged.state_of(outage.expired) == "expired"
    assert staged.texts_to(outage.expired) == []


def test_afterwards_all_is_as_before(staged: Staged, outage: Outage) -> None:
    assert SLOW not in Person(staged).get("/signup/phone").html
    waiting = next(iter(outage.late))
    assert outage.late[waiting].give_phone_code(waiting).path == "/signup/email"
    phone, person = asking(staged)
    assert person.give_phone_code(phone).path == "/signup/email"
