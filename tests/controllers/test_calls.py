"""Calls instead of texts: when they are offered, that they bring the same code, and only once."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crowd import sql
from tests.faults.staged import until
from tests.owner import Owner, undo_path
from tests.person import Person, Seen, new_email, new_phone
from tests.product import Product

PAGE, CALL = "/signup/phone-code", "/signup/phone-code/call"
UNDER_WAY = "SELECT 1 FROM deliveries WHERE destination = $1 AND state IN ('queued', 'sending')"
OLDER = "UPDATE deliveries SET created_at = created_at - interval '30 s' WHERE destination = $1"
BECAME = """UPDATE deliveries SET state = $2, reason = $3, updated_at = clock_timestamp()
WHERE id = (SELECT id FROM deliveries WHERE destination = $1 ORDER BY id DESC LIMIT 1)"""
BUTTON = '<form class="call'


class Waiting(Person):
    """Waits for a text that has gone out, but is not there."""

    def __init__(self, product: Product) -> None:
        super().__init__(product)
        self.phone = new_phone()
        self.give_phone(self.phone)
        self.settle()

    def settle(self) -> None:
        """Until its messages have gone out."""
        until(lambda: not sql(self.product, UNDER_WAY, self.phone))

    def wait(self) -> None:
        sql(self.product, OLDER, self.phone)

    def learn(self, state: str, reason: str | None = None) -> None:
        """What became of the newest message."""
        self.settle()
        sql(self.product, BECAME, self.phone, state, reason)

    def call(self) -> Seen:
        self.get(PAGE)
        return self.post(CALL)

    @property
    def kinds(self) -> list[str]:
        """Of what was sent, the newest first."""
        self.settle()
        return [message.kind for message in self.product.messages(self.phone)]

    @property
    def fragment(self) -> str:
        return self.get(f"{PAGE}/delivery", **{"hx-request": "true"}).html


@pytest.fixture
def waiting(product: Product) -> Waiting:
    return Waiting(product)


def test_a_call_brings_the_same_code_thirty_seconds_after_the_text(waiting: Waiting) -> None:
    text = waiting.code(waiting.phone)
    waiting.wait()
    assert f'{BUTTON}"' in waiting.get(PAGE).html
    called = waiting.call()
    assert (called.status, called.location) == (303, PAGE)
    assert "We’re calling you with the code." in waiting.get(PAGE).html
    assert waiting.kinds == ["call", "text"]
    [call, _] = waiting.product.messages(waiting.phone)
    assert (call.code, call.body.count(", ".join(text))) == (text, 3)
    assert waiting.post(PAGE, code=text).location == "/signup/email"


def test_before_that_the_page_counts_down_and_nothing_is_called(waiting: Waiting) -> None:
    assert re.search(r'<form class="call timed h0 t[23] o[0-9]"', waiting.get(PAGE).html)
    asked = waiting.call()
    assert (asked.status, asked.response.headers["retry-after"].isdecimal()) == (429, True)
    assert "You can ask again in" in asked.alert
    assert waiting.kinds == ["text"]


def test_a_button_pressed_twice_calls_once(waiting: Waiting) -> None:
    waiting.wait()
    waiting.get(PAGE)
    with ThreadPoolExecutor(4) as tabs:
        pressed = list(tabs.map(lambda _: waiting.post(CALL).location, range(4)))
    assert pressed == [PAGE] * 4
    assert waiting.call().location == PAGE
    assert waiting.kinds == ["call", "text"]


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("refused", "landline", "We can call it instead."),
        ("refused", "opted_out", "We can call you instead."),
        ("refused", "filtered", "We can call you instead."),
        ("refused", "misconfigured", "We couldn’t send the code."),
        ("failed", None, "We couldn’t send the code."),
        ("expired", None, "The text took too long"),
    ],
)
def test_where_a_call_may_get_through_it_is_what_to_do_next(
    waiting: Waiting, state: str, reason: str | None, words: str
) -> None:
    waiting.learn(state, reason)
    for seen in (waiting.fragment, waiting.get(PAGE).html):
        assert words in seen
        assert seen.count(f'{BUTTON}"') == 1
    assert waiting.call().status == 303
    assert waiting.kinds == ["call", "text"]


@pytest.mark.parametrize(("reason", "later"), [("unusable", False), ("unserved", False),
                                               ("unreachable", True)])  # fmt: skip
def test_where_a_call_would_fare_the_same_none_is_offered_at_once(
    waiting: Waiting, reason: str, later: bool
) -> None:
    waiting.learn("failed" if later else "refused", reason)
    assert BUTTON not in waiting.fragment
    assert waiting.call().status == (429 if later else 409)
    waiting.wait()
    assert (f'{BUTTON}"' in waiting.get(PAGE).html) == later
    assert waiting.call().status == (303 if later else 409)


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("queued", None, "Your phone is about to ring."),
        ("sent", None, "We’re calling you now. Pick up to hear the code."),
        ("delivered", None, "The call was answered."),
        ("failed", "busy", "The line was busy."),
        ("failed", "no_answer", "Nobody picked up."),
        ("failed", "unreachable", "The call didn’t get through."),
        ("refused", "unusable", "We can’t call that number."),
        ("refused", "unserved", "We can’t call that country yet."),
        ("refused", "misconfigured", "We couldn’t send the code."),
        ("expired", None, "The call took too long"),
    ],
)
def test_each_end_of_a_call_is_told_with_what_to_do(
    waiting: Waiting, state: str, reason: str | None, words: str
) -> None:
    waiting.wait()
    waiting.call()
    waiting.learn(state, reason)
    line = waiting.fragment
    assert words in line
    is_over = state in ("failed", "refused", "expired")
    assert ('href="/signup/phone?change"' in line, "hx-get" in line) == (is_over, not is_over)


def test_a_code_that_is_used_or_over_is_not_read_out(product: Product) -> None:
    person, phone, email = Person(product), new_phone(), new_email()
    person.give_phone(phone)
    code = person.code(phone)
    person.get(PAGE)
    sql(product, "UPDATE phone_verifications SET expires_at = now() WHERE phone = $1", phone)
    assert person.post(CALL).status == 409
    assert BUTTON not in person.get(PAGE).html
    sql(product, "UPDATE phone_verifications SET expires_at = now() + interval '9 min'")
    person.post(PAGE, code=code)
    assert person.post(CALL).location == "/signup/email"
    assert BUTTON not in person.give_email(email).html


def test_who_takes_a_change_back_can_be_called(product: Product) -> None:
    owner, person = Owner(product), Person(product)
    owner.change("email", new_email())
    link = undo_path(product, owner.email)
    person.submit(link)
    page, had = f"{link}/confirm", len(product.codes_for(owner.phone))
    person.submit_from(page, f"{page}/code")
    code = product.code_for(owner.phone, had)
    until(lambda: not sql(product, UNDER_WAY, owner.phone))
    sql(product, OLDER, owner.phone)
    assert person.submit_from(page, f"{page}/call").path == page
    assert product.code_for(owner.phone, had + 1) == code
    assert person.submit(page, code=code).heading == "The change was undone"


def test_the_address_of_the_button_leads_to_its_page(waiting: Waiting) -> None:
    assert waiting.get(CALL).location == PAGE
    assert waiting.get("/login/phone-code/call").location == "/login/phone-code"
