"""Webhooks: a signed receipt moves a message forward and reaches the page; no forged one does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.staged import Staged, until
from tests.person import PASSWORD, Person, new_email, new_phone
from tests.product import NO_TLS, PATIENCE, Product
from tests.standins import behaviour as acts
from tests.standins.receiver import EventReceiver
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn, refuse
from tests.stores import Stores
from tests.webhooks import EVENTS, INBOUND, SIGNATURE, STATUS, TIMESTAMP, Vendors

IDS = "SELECT id::text FROM deliveries WHERE destination = $1 ORDER BY id DESC LIMIT 1"
HELD = "UPDATE deliveries SET state = 'sending', provider_id = NULL WHERE id::text = $1"
LONG_AGO = "UPDATE deliveries SET updated_at = now() - interval '61 s' WHERE destination = $1"
MARKS = "SELECT email_bounces, email_bounced_at FROM users WHERE email = $1"
FORGED = 403
HTMX = {"hx-request": "true"}


@pytest.fixture(scope="module")
def vendors_of() -> Iterator[tuple[TwilioStandIn, SendGridStandIn, EventReceiver]]:
    with TwilioStandIn() as twilio, SendGridStandIn() as sendgrid, EventReceiver() as receiver:
        yield twilio, sendgrid, receiver


@pytest.fixture(scope="module")
def vendors(vendors_of: tuple[TwilioStandIn, Any, Any]) -> Vendors:
    return Vendors(vendors_of[0].auth_token)


@pytest.fixture(scope="module")
def told(
    stores: Stores,
    tmp_path_factory: pytest.TempPathFactory,
    vendors_of: tuple[TwilioStandIn, SendGridStandIn, EventReceiver],
    vendors: Vendors,
) -> Iterator[Staged]:
    folder: Path = tmp_path_factory.mktemp("webhooks")
    twilio, sendgrid, receiver = vendors_of
    staged = Staged(folder, stores, twilio, sendgrid)
    (folder / "services.toml").write_text(receiver.table())
    staged.env |= vendors.environment | {"SERVICES": str(folder / "services.toml")}
    with staged:
        yield staged


class Waiting(Person):
    """Waits for a text that Twilio has taken."""

    def __init__(self, product: Staged) -> None:
        super().__init__(product)
        self.phone = new_phone()
        self.give_phone(self.phone)
        product.wait_for_state(self.phone, "sent")

    @property
    def delivery(self) -> str:
        return self.get("/signup/phone-code/delivery", **HTMX).html


@pytest.fixture
def waiting(told: Staged) -> Waiting:
    return Waiting(told)


def newest(product: Staged, to: str) -> str:
    return str(product.sql(IDS, to)[0]["id"])


def test_a_delivered_text_is_told_on_the_page(
    told: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    answer = vendors.tell_text(told, "delivered", newest(told, waiting.phone))
    assert (answer.status_code, answer.content) == (204, b"")
    assert told.state_of(waiting.phone) == "delivered"
    line = waiting.delivery
    assert "The text was delivered." in line
    assert re.search("[0-9]+ seconds? ago", line)
    told.sql(LONG_AGO, waiting.phone)
    assert "ago" not in waiting.delivery


@pytest.mark.parametrize(
    ("code", "state", "words"),
    [
        ("30005", "refused", "We can’t text that number."),
        ("30006", "refused", "a landline"),
        ("21610", "refused", "reply START"),
        ("60410", "refused", "We can’t text that country yet."),
        ("30004", "refused", "Your carrier blocked our text."),
        ("30007", "refused", "Your carrier blocked our text."),
        ("30003", "failed", "The text didn’t get through."),
        ("30008", "failed", "The text didn’t get through."),
        ("30036", "failed", "The text took too long"),
        ("30032", "failed", "We couldn’t send the code."),
        ("30034", "failed", "We couldn’t send the code."),
        ("", "failed", "The text didn’t get through."),
    ],
)
def test_a_text_that_did_not_arrive_is_told_with_its_reason(
    told: Staged, vendors: Vendors, waiting: Waiting, code: str, state: str, words: str
) -> None:
    message = newest(told, waiting.phone)
    vendors.tell_text(told, "undelivered", message, **({"ErrorCode": code} if code else {}))
    line = waiting.delivery
    assert words in line
    assert f'class="delivery {state}"' in line
    assert ('href="/signup/phone?change"' in line) == (state == "refused")
    assert told.state_of(waiting.phone) == state


def test_repeats_and_what_comes_late_change_nothing(
    told: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    message = newest(told, waiting.phone)
    for status in ("delivered", "delivered", "sent", "queued", "undelivered", "made up"):
        assert vendors.tell_text(told, status, message).status_code == 204
    assert told.state_of(waiting.phone) == "delivered"


def test_a_receipt_that_comes_before_the_answer_counts(
    told: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    message = newest(told, waiting.phone)
    told.sql(
        "UPDATE deliveries SET state = 'sending', provider_id = NULL WHERE id::text = $1", message
    )
    vendors.tell_text(told, "delivered", message)
    assert told.state_of(waiting.phone) == "delivered"


def test_without_our_id_the_provider_s_is_looked_up(
    told: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    sid = told.texts_to(waiting.phone)[0].sid
    assert vendors.tell_text(told, "delivered", "", MessageSid=sid).status_code == 204
    assert told.state_of(waiting.phone) == "delivered"
    assert vendors.tell_text(told, "delivered", "", MessageSid="SM" + "f" * 32).status_code == 204
    assert vendors.tell_text(told, "delivered", "not-an-id").status_code == 204
    odd = vendors.tell_text(told, "failed", "", MessageSid="SM\0", ErrorCode="\0")
    assert odd.status_code == 204


@pytest.mark.parametrize(
    "change",
    [
        {"signature": ""},
        {"signature": "x"},
        {"form": {"MessageStatus": "sent"}},
        {"query": "?message=another"},
        {"path": INBOUND},
        {"more": "&MessageStatus=sent"},
        {"body": b"\xff=1"},
    ],
    ids=str,
)
def test_a_forged_receipt_is_refused(
    told: Staged, vendors: Vendors, waiting: Waiting, change: dict[str, Any]
) -> None:
    query = f"?message={newest(told, waiting.phone)}"
    form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
    signature = vendors.sign_text(f"{told.url}{STATUS}{query}", form)
    body = httpx.QueryParams(form | change.get("form", {})).__str__() + change.get("more", "")
    answer = httpx.post(
        f"{told.url}{change.get('path', STATUS)}{change.get('query', query)}",
        content=change.get("body", body.encode()),
        headers={
            "X-Twilio-Signature": change.get("signature", signature),
            "content-type": "application/x-www-form-urlencoded",
        },
        verify=NO_TLS,
    )
    assert answer.status_code == FORGED
    assert told.state_of(waiting.phone) == "sent"


def test_an_answer_of_a_person_is_answered_by_silence(told: Staged, vendors: Vendors) -> None:
    answer = vendors.tell_text(told, "", "", INBOUND, Body="STOP", OptOutType="STOP")
    assert (answer.status_code, answer.text) == (200, "<Response/>")


def test_a_stopped_number_may_sign_in_another_way_or_start_again(told: Staged) -> None:
    """Twilio refuses each text to it, until START comes."""
    person, phone = Person(told), new_phone()
    told.twilio.script.for_destination(phone, refuse(21610), acts.ordinary())
    person.submit("/login/phone", phone=phone)
    told.wait_for_state(phone, "refused")
    page = person.get("/login/phone-code").html
    assert "To get texts again, reply START to our last one." in page
    ways = re.findall(r'<a class="button[^"]*" href="([^"]+)"', page)
    assert ways[:2] == ["/login/phone?change", "/login/password"]
    person.submit("/login/phone-code/resend")
    told.wait_for_state(phone, "sent")
    assert len(told.texts_to(phone)) == 1


def account(told: Staged) -> str:
    email = new_email()
    Person(told).sign_up(new_phone(), email)
    return email


def bounce(told: Staged, vendors: Vendors, email: str, **more: Any) -> int:
    event = {"event": "bounce", "type": "bounce", "reference": newest(told, email), "email": email}
    return vendors.tell_mail(told, event | more).status_code


def test_a_bounce_marks_the_address_and_tells_services(
    told: Staged,
    vendors: Vendors,
    vendors_of: tuple[Any, Any, EventReceiver],
) -> None:
    email = account(told)
    for kind in ("bounce", "bounce", "dropped", "bounce"):
        assert bounce(told, vendors, email, event=kind) == 204
    [mark] = told.sql(MARKS, email)
    assert mark["email_bounces"] == 1
    user = str(told.sql("SELECT id FROM users WHERE email = $1", email)[0]["id"])
    received = vendors_of[2].messages
    until(lambda: ("contact.bounced", user) in [(e.type, e.to) for e in list(received)], PATIENCE)
    assert [(e.type, e.to) for e in received].count(("contact.bounced", user)) == 1
    person = Person(told)
    person.submit("/login/password", email=email, password=PASSWORD)
    assert "came back" in person.get("/account").html


def test_an_address_that_is_proved_again_is_marked_no_more(told: Staged, vendors: Vendors) -> None:
    email = account(told)
    bounce(told, vendors, email)
    person = Person(told)
    had = len(told.codes_for(email))
    person.submit("/recovery/email", email=email)
    person.submit("/recovery/email-code", code=told.code_for(email, had))
    [mark] = told.sql(MARKS, email)
    assert (mark["email_bounces"], mark["email_bounced_at"]) == (0, None)


def test_three_hard_bounces_stop_notices(told: Staged, vendors: Vendors) -> None:
    email = account(told)
    told.sql("UPDATE users SET email_bounces = 3, email_bounced_at = now() WHERE email = $1", email)
    sent = len(told.emails_to(email))
    Person(told).submit("/login/password", email=email, password=PASSWORD)
    assert told.state_of(email) == "refused"
    assert len(told.emails_to(email)) == sent


@pytest.mark.parametrize("kind", ["deferred", "open", "", None, "group_unsubscribe"])
def test_events_that_tell_nothing_of_a_delivery_are_passed_over(
    told: Staged, vendors: Vendors, kind: str | None
) -> None:
    event = {"event": kind, "reference": "not an id", "sg_message_id": "none.ours"}
    odd = {"event": "delivered", "sg_message_id": "\0"}
    assert vendors.tell_mail(told, event, odd).status_code == 204
    assert vendors.tell_mail(told, event, {}, {"event": "delivered"}).status_code == 204


def test_mails_are_told_as_delivered(told: Staged, vendors: Vendors) -> None:
    email, person = new_email(), Person(told)
    person.give_phone(phone := new_phone())
    person.give_phone_code(phone)
    person.give_email(email)
    told.wait_for_state(email, "sent")
    [mail] = told.emails_to(email)
    event = {"event": "delivered", "sg_message_id": f"{mail.message_id}.filter01.1.0"}
    vendors.tell_mail(told, {"event": "processed", "reference": mail.reference}, event)
    assert told.state_of(email) == "delivered"


def test_mail_events_that_are_old_or_not_signed_are_refused(told: Staged, vendors: Vendors) -> None:
    email = account(told)
    event = {"event": "bounce", "reference": newest(told, email)}
    assert vendors.tell_mail(told, event, age=601).status_code == FORGED
    assert vendors.tell_mail(told, event, age=-660).status_code == FORGED
    for headers in ({}, {SIGNATURE: "x"}, {SIGNATURE: "x", TIMESTAMP: "9" * 13}):
        answer = httpx.post(told.url + EVENTS, json=[event], headers=headers, verify=NO_TLS)
        assert answer.status_code == FORGED
    [mark] = told.sql(MARKS, email)
    assert mark["email_bounces"] == 0


def test_without_the_vendors_everything_is_forged(product: Product) -> None:
    for path in (STATUS, INBOUND, EVENTS):
        answer = httpx.post(product.url + path, content=b"x" * 1000, verify=NO_TLS)
        assert answer.status_code == FORGED
    assert httpx.post(product.url + EVENTS, content=b"x" * 262_145, verify=NO_TLS).status_code in (
        403,
        413,
    )
