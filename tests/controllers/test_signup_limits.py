"""How many codes are sent: to one number, block, region, in all, and for whoever asks."""

import re
from collections import Counter

from app.domain.delivery.send_limiter import ShortIdempotencyKey
from tests.controllers.conftest import DAILY, FEW_LEFT, Limited
from tests.person import Person, Seen, new_email, new_phone

SENT = (303, "/signup/phone-code")
EMAIL_FIRST = (303, "/signup/email")
ENOUGH = "That’s as many codes as we can send for now. Try again later, or another way."
STOPPED = "We can’t send texts to that number today. Nothing was lost. Try again tomorrow."


def ask(person: Person, phone: str) -> Seen:
    person.get("/signup/phone")
    return person.post("/signup/phone", phone=phone)


def outcome(seen: Seen) -> tuple[int, str]:
    return seen.status, seen.location


def refusal(seen: Seen) -> tuple[int, str | None, str]:
    """Status, what `Retry-After` says, and what the person is told beside the form."""
    told = seen.alert.removeprefix("There is a problem ")
    return seen.status, seen.response.headers.get("retry-after"), told


def assert_told_to_wait(seen: Seen, seconds: int) -> None:
    """The header and the words say the same, less what this test has taken meanwhile."""
    status, header, told = refusal(seen)
    assert status == 429
    assert seconds - 10 <= int(str(header)) <= seconds
    number, unit = re.fullmatch(r"You can ask again in ([0-9]+) (second|minute)s?\.", told).groups()  # type: ignore[union-attr]
    assert int(number) * {"second": 1, "minute": 60}[unit] >= int(str(header))


def test_the_waits_between_texts_grow_until_there_are_five_an_hour(limited: Limited) -> None:
    phone = new_phone()
    assert outcome(ask(limited.visitor(), phone)) == SENT
    for sent, wait in enumerate((30, 60, 120, 300), 1):
        limited.wait(wait - 10)
        assert outcome(ask(limited.visitor(), phone)) == SENT  # to the page that counts down
        assert limited.texts(phone) == sent
        limited.wait(10)
        assert outcome(ask(limited.visitor(), phone)) == SENT
    limited.wait(300)
    assert refusal(ask(limited.visitor(), phone)) == (429, None, ENOUGH)
    limited.wait(3600)
    assert outcome(ask(limited.visitor(), phone)) == SENT
    assert limited.texts(phone) == 6


def test_ten_texts_are_a_days_worth_for_one_number(limited: Limited) -> None:
    phone = new_phone()
    limited.sent_before(10, phone)
    limited.wait(23 * 3600)
    assert refusal(ask(limited.visitor(), phone)) == (429, None, ENOUGH)
    limited.wait(3600)
    assert outcome(ask(limited.visitor(), phone)) == SENT


def test_thirty_jars_thirty_addresses_and_twelve_spellings_stay_in_one_budget(
    limited: Limited,
) -> None:
    """Within half an hour; those who ask too soon wait on a page of their own."""
    phone = new_phone()
    local = phone.removeprefix("+61")
    forms = ("+61{}", "0061{}", "+61 {}", "(0){}", "0{}", "+61-{}", "+61 (0){}", "tel:+61{}",
             " +61{} ", "\uff0b61{}", "0 {}", "+61.{}")  # fmt: skip
    seen = Counter[tuple[int, str]]()
    for n in range(30):
        person = limited.visitor()
        person.get("/signup/phone")
        typed = forms[n % 12].format(local)
        seen[outcome(person.post("/signup/phone", phone=typed, country="AU"))] += 1
        limited.wait(60)
    assert seen.keys() == {SENT, (429, "")}
    assert limited.texts(phone) == 5


def test_a_resend_waits_too(limited: Limited) -> None:
    person, phone = limited.visitor(), new_phone()
    ask(person, phone)
    person.get("/signup/phone-code")
    refused = person.post("/signup/phone-code/resend")
    assert_told_to_wait(refused, 30)
    assert refused.heading == "Enter the code from the text"
    limited.wait(31)
    assert person.post("/signup/phone-code/resend").location == "/signup/phone-code"
    assert limited.texts(phone) == 2


def test_a_block_of_numbers_gets_five_an_hour(limited: Limited) -> None:
    block = new_phone()[:-4]
    for last in range(5):
        assert outcome(ask(limited.visitor(), f"{block}000{last}")) == SENT
    assert refusal(ask(limited.visitor(), f"{block}0005")) == (429, None, ENOUGH)
    assert outcome(ask(limited.visitor(), new_phone())) == SENT


def test_a_full_block_promises_no_further_codes(limited: Limited) -> None:
    block, person = new_phone()[:-4], limited.visitor()
    ask(person, f"{block}0000")
    limited.sent_before(5, f"{block}0001")
    limited.flush()
    limited.wait(31)
    page = person.get("/signup/phone-code").html
    assert not [words for words in FEW_LEFT if words in page]
    refused = person.post("/signup/phone-code/resend")
    assert refused.status == 429
    assert "You can do this" not in refused.html
    assert "The code you have still works." in refused.html


def test_strangers_of_a_region_get_a_hundred_an_hour(limited: Limited) -> None:
    limited.sent_before(99, region="SE")
    assert outcome(ask(limited.visitor(), "+46701740605")) == SENT
    assert outcome(ask(limited.visitor(), "+46701740606")) == EMAIL_FIRST
    assert outcome(ask(limited.visitor(), new_phone())) == SENT


def test_strangers_of_a_region_get_two_hundred_a_day(limited: Limited) -> None:
    limited.sent_before(199, region="SE")
    limited.wait(3600)
    assert outcome(ask(limited.visitor(), "+46701740605")) == SENT
    assert outcome(ask(limited.visitor(), "+46701740606")) == EMAIL_FIRST


def test_all_texts_of_a_day_have_a_limit(limited: Limited) -> None:
    for region in ("US", "CA", "GB"):
        limited.sent_before(DAILY // 3 - 1, region=region)
    limited.sent_before(2, region="FR")
    assert outcome(ask(limited.visitor(), new_phone())) == SENT
    person, phone = limited.visitor(), new_phone()
    refused = ask(person, phone)
    assert refusal(refused) == (503, None, STOPPED)
    assert refused.field("phone") == phone
    limited.wait(24 * 3600)
    assert outcome(ask(person, phone)) == SENT


def test_an_address_asks_ten_times_an_hour(limited: Limited) -> None:
    here = "203.0.113.7"
    for left in range(10):
        spoofed = f"198.51.100.{left}, garbage, {here}, 127.0.0.1"
        assert outcome(ask(limited.visitor(spoofed), new_phone())) == SENT
    assert refusal(ask(limited.visitor(here), new_phone())) == (429, None, ENOUGH)
    assert outcome(ask(limited.visitor("203.0.113.8"), new_phone())) == SENT
    limited.wait(3600)
    assert outcome(ask(limited.visitor(here), new_phone())) == SENT


def test_a_network_asks_fifty_times_an_hour(limited: Limited) -> None:
    limited.sent_before(50, region="US", address="203.0.113.50")
    assert refusal(ask(limited.visitor("203.0.113.51"), new_phone())) == (429, None, ENOUGH)
    assert outcome(ask(limited.visitor("203.0.114.51"), new_phone())) == SENT


def test_a_customer_with_a_million_v6_addresses_is_one(limited: Limited) -> None:
    for last in range(10):
        assert outcome(ask(limited.visitor(f"2001:db8:1:2::{last}"), new_phone())) == SENT
    refused = ask(limited.visitor("2001:db8:1:2:ffff::1"), new_phone())
    assert refusal(refused) == (429, None, ENOUGH)
    assert outcome(ask(limited.visitor("2001:db8:1:3::1"), new_phone())) == SENT


def test_a_mailbox_waits_a_minute_and_gets_five_an_hour(limited: Limited) -> None:
    person, phone, email = limited.visitor(), new_phone(), new_email()
    ask(person, phone)
    person.give_phone_code(phone)
    person.give_email(email)
    for last in range(4):
        limited.wait(ShortIdempotencyKey.seconds)  # else the button was pressed twice
        assert_told_to_wait(person.post("/signup/email-code/resend"), 60)
        limited.wait(60)
        if last == 3:  # one address has four of them
            assert refusal(person.post("/signup/email-code/resend")) == (429, None, ENOUGH)
            person.http.headers["x-forwarded-for"] = "203.0.113.9"
        assert person.post("/signup/email-code/resend").status == 303
        person.get("/signup/email-code")
    limited.wait(60)
    assert refusal(person.post("/signup/email-code/resend")) == (429, None, ENOUGH)
    limited.wait(3600)
    assert person.post("/signup/email-code/resend").status == 303
    assert limited.texts(email) == 6
