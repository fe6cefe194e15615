"""What Twilio tells of calls: signed, it moves a call forward and reaches the page."""

import pytest

from tests.faults.staged import Staged, until
from tests.person import Person, new_phone
from tests.webhooks import Vendors

IDS = "SELECT id::text FROM deliveries WHERE destination = $1 ORDER BY id DESC LIMIT 1"
FORGED = 403


class Waiting(Person):
    """Waits for a text that Twilio has taken."""

    def __init__(self, product: Staged) -> None:
        super().__init__(product)
        self.phone = new_phone()
        self.give_phone(self.phone)
        product.wait_for_state(self.phone, "sent")

    @property
    def delivery(self) -> str:
        return self.get("/signup/phone-code/delivery", **{"hx-request": "true"}).html


@pytest.fixture
def waiting(staged: Staged) -> Waiting:
    return Waiting(staged)


@pytest.fixture
def vendors(staged: Staged) -> Vendors:
    return Vendors(staged.twilio.auth_token)


def newest(product: Staged, to: str) -> str:
    return str(product.sql(IDS, to)[0]["id"])


LANDLINE = {"ErrorCode": "30006"}
AS_CALL = "UPDATE deliveries SET template = 'phone_call' WHERE destination = $1"


def test_a_landline_is_called_and_what_is_said_is_the_code(
    staged: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    code = staged.code_for(waiting.phone)
    vendors.tell_text(staged, "undelivered", newest(staged, waiting.phone), **LANDLINE)
    assert "We can call it instead." in waiting.delivery
    assert waiting.post("/signup/phone-code/call").status == 303
    call = staged.twilio.wait_for_call(waiting.phone)
    assert (call.codes, call.language) == ([code] * 3, "en-US")
    until(lambda: "We’re calling you now." in waiting.delivery)
    vendors.tell_call(staged, "completed", newest(staged, waiting.phone), CallDuration="31")
    assert "The call was answered." in waiting.delivery
    waiting.get("/signup/phone-code")
    assert waiting.post("/signup/phone-code", code=code).location == "/signup/email"
    assert len(staged.twilio.calls_to(waiting.phone)) == 1


@pytest.mark.parametrize(
    ("status", "sip", "state", "words"),
    [
        ("initiated", "", "sent", "We’re calling you now."),
        ("ringing", "", "sent", "We’re calling you now."),
        ("in-progress", "", "sent", "We’re calling you now."),
        ("completed", "200", "delivered", "The call was answered."),
        ("busy", "486", "failed", "The line was busy."),
        ("no-answer", "487", "failed", "Nobody picked up."),
        ("failed", "503", "failed", "The call didn’t get through."),
        ("failed", "404", "refused", "We can’t call that number."),
        ("canceled", "", "failed", "We couldn’t send the code."),
        ("whatever", "", "sent", "We’re calling you now."),
    ],
)
def test_each_end_of_a_call_is_told(
    staged: Staged,
    vendors: Vendors,
    waiting: Waiting,
    status: str,
    sip: str,
    state: str,
    words: str,
) -> None:
    staged.sql(AS_CALL, waiting.phone)
    message = newest(staged, waiting.phone)
    vendors.tell_call(staged, status, message, **({"SipResponseCode": sip} if sip else {}))
    assert words in waiting.delivery
    assert staged.state_of(waiting.phone) == state


def test_what_comes_late_of_a_call_takes_nothing_back(
    staged: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    staged.sql(AS_CALL, waiting.phone)
    message = newest(staged, waiting.phone)
    for status in ("completed", "ringing", "busy", "completed", "initiated"):
        assert vendors.tell_call(staged, status, message).status_code == 204
    assert staged.state_of(waiting.phone) == "delivered"


def test_a_forged_word_on_a_call_is_refused(
    staged: Staged, vendors: Vendors, waiting: Waiting
) -> None:
    staged.sql(AS_CALL, waiting.phone)
    other = Vendors("another token")
    assert other.tell_call(staged, "busy", newest(staged, waiting.phone)).status_code == FORGED
    assert staged.state_of(waiting.phone) == "sent"
