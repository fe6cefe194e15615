"""Journeys through the sign-up in a real browser: the same with scripts and without."""

import asyncio
from itertools import count

from app.domain.delivery.send_limiter import ShortIdempotencyKey
from tests.crowd import wrong_codes
from tests.journeys.conftest import At, Walk
from tests.journeys.visitor import Noted, Visitor
from tests.person import Person, new_email, new_phone

EXPIRE = """
UPDATE phone_verifications SET expires_at = clock_timestamp() - interval '1 second'
WHERE phone = $1
"""
SENT_EARLIER = """
UPDATE deliveries SET created_at = created_at - interval '31 seconds' WHERE destination = $1
"""
_numbers = count(10)


def headings(notes: list[Noted]) -> list[str]:
    return [note.look.heading for note in notes]


async def test_a_phone_sign_up_ends_signed_in(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/")
        await visitor.follow("Create an account")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.give_email()
        await visitor.give_email_code()
        await visitor.give_password()

    notes = await walk(journey)
    assert notes[-1].look.url == "/signup/done"
    assert notes[-1].posts == [303] * 5
    assert [message.partition(":")[0] for message in notes[-1].messages] == ["text", "mail"]
    assert [note.look.focus for note in notes] == ["h1", "h1", "code", "h1", "code", "h1", "h1"]


async def test_after_a_wrong_code_the_right_one_goes_on(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        wrong = visitor.wrong_code(visitor.phone)
        look = await visitor.press("Continue", code=wrong)
        assert look.fields == {"code": wrong}
        await visitor.give_phone_code()

    _, refused, gone_on = await walk(journey)
    assert refused.posts == [422]
    assert refused.look.title.startswith("Error: ")
    assert refused.look.focus == "code"
    assert "That isn’t the code we sent." in refused.look.alert
    assert gone_on.look.url == "/signup/email"


async def test_a_text_comes_again_after_the_wait_and_not_before(walk: Walk, strict: At) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        await asyncio.sleep(1.1)
        await visitor.press("Send the text again")
        await asyncio.sleep(ShortIdempotencyKey.seconds + 0.1)
        await visitor.press("Send the text again")
        await visitor.give_phone_code()

    _, again, too_soon, gone_on = await walk(journey, at=strict)
    assert (again.look.notice, again.look.focus) == ("We sent the code again.", "code")
    assert again.messages == [again.messages[0]] * 2
    assert too_soon.posts == [303, 429]
    assert "You can ask again in # minutes." in too_soon.look.alert
    assert too_soon.messages == again.messages
    assert gone_on.look.url == "/signup/email"


async def test_who_gets_no_text_is_called_with_the_same_code(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        await visitor.sql(SENT_EARLIER, visitor.phone)
        await visitor.reload()
        await visitor.press("Call me instead")
        await visitor.give_phone_code()

    _, _, called, gone_on = await walk(journey)
    assert called.look.notice == "We’re calling you with the code."
    assert [message.partition(":")[0] for message in called.messages] == ["text", "call"]
    assert called.look.heading == "Enter the code from the call"
    assert gone_on.look.url == "/signup/email"


async def test_the_number_can_be_changed_on_the_way(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        old = visitor.phone
        look = await visitor.follow("Change the number")
        assert look.fields["phone"] == old
        await visitor.give_phone(f"+61 4{next(_numbers)} 111 222")
        await visitor.press("Continue", code=visitor.code(old))
        await visitor.give_phone_code()

    _, change, _, refused, gone_on = await walk(journey)
    assert change.look.url == "/signup/phone?change"
    assert refused.posts == [303, 422]
    assert gone_on.look.url == "/signup/email"


async def test_a_mistyped_address_is_asked_about(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("email")
        await visitor.give_email(visitor.email.replace("example.org", "gmial.com"))
        meant = visitor.email.replace("gmial", "gmail")
        await visitor.press(f"Yes, use {meant}")
        assert visitor.code(meant)

    _, asked, gone_on = await walk(journey)
    assert asked.posts == [422]
    assert asked.look.focus == "alert"
    assert asked.look.fields["email"] == "person#@gmial.com"
    assert gone_on.look.url == "/signup/email-code"


async def test_a_weak_password_is_refused_and_a_good_one_taken(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("password")
        await visitor.give_password("password1234")
        await visitor.give_password()

    _, refused, done = await walk(journey)
    assert refused.posts == [422]
    assert refused.look.fields["password"] == ""
    assert done.look.url == "/signup/done"


async def test_the_country_is_asked_only_for_a_number_that_fits_several(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        national = f"06 1234 11{next(_numbers)}"
        visitor.expect_to("+31" + national.replace(" ", "")[1:])
        await visitor.open("/signup/phone")
        await visitor.press("Text me a code", phone=national)
        await visitor.tab.page.check("input[value=NL]")
        await visitor.press("Text me a code")
        await visitor.give_phone_code()

    _, asked, sent, gone_on = await walk(journey)
    assert asked.look.fields == {"phone": "# # #", "country": "false", "country-NL": "false"}
    assert (asked.look.alert, asked.look.title.startswith("Error")) == ("", False)
    assert len(sent.messages) == 1
    assert gone_on.look.url == "/signup/email"


async def test_a_code_tried_too_often_is_locked_and_a_new_one_works(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        old = visitor.code(visitor.phone)
        for wrong in wrong_codes(old, 5):
            await visitor.press("Continue", code=wrong)
        await visitor.open("/signup/phone-code")
        await visitor.press("Text me a new code")
        assert visitor.code(visitor.phone) != old
        await visitor.give_phone_code()

    notes = await walk(journey)
    assert [note.look.heading for note in notes[5:7]] == ["That code is locked"] * 2
    assert "that was the last try" in notes[5].look.alert
    assert notes[-1].look.url == "/signup/email"


async def test_an_expired_code_is_replaced_on_the_same_page(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        await visitor.sql(EXPIRE, visitor.phone)
        await visitor.give_phone_code()
        await visitor.press("Text me a new code")
        await visitor.give_phone_code()

    _, refused, replaced, gone_on = await walk(journey)
    assert (refused.posts, refused.look.heading) == ([422], "That code has expired")
    assert (refused.look.alert, refused.look.focus) == ("", "h1")
    assert replaced.look.focus == "code"
    assert gone_on.look.url == "/signup/email"


async def test_a_taken_address_looks_like_a_new_one_and_its_owner_is_told(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        owner = new_email()
        visitor.person.sign_up(new_phone(), owner)
        visitor.person = Person(visitor.product)
        await visitor.come_to("email")
        await visitor.give_email(owner)
        await visitor.follow("Change the address")
        await visitor.give_email(f"other{next(_numbers)}@example.org")
        await visitor.give_email_code()

    _, taken, change, other, gone_on = await walk(journey)
    assert taken.look.url == other.look.url == "/signup/email-code"
    assert taken.messages[-1] == "mail: You already have a Latchkey account"
    assert change.look.url == "/signup/email?change"
    assert gone_on.look.url == "/signup/password"


async def test_a_known_number_signs_in(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, visitor.email)
        await visitor.open("/signup/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()

    assert headings(await walk(journey))[-1] == "Welcome back"
