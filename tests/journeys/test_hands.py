"""Hands: a keyboard and nothing else, a small screen with a keyboard on it, a wait."""

import pytest

from tests.journeys.conftest import At, Both, Visit, Walk
from tests.journeys.visitor import Visitor

PHONE_IN_HAND = {"width": 360, "height": 640 - 260}
FIELDS = {
    "phone": "phone",
    "phone-code": "code",
    "email": "email",
    "email-code": "code",
    "password": "password",
}
BECAME = {
    "sent": "UPDATE deliveries SET state = 'sent' WHERE destination = $1",
    "refused": "UPDATE deliveries SET state = 'refused', reason = 'unusable'"
    " WHERE destination = $1",
    "late": "UPDATE deliveries SET state = 'sending', next_try_at = clock_timestamp()"
    " + interval '1 hour', created_at = created_at - interval '20 seconds' WHERE destination = $1",
}
WAITING = """() => ({
  seconds: +getComputedStyle(document.querySelector('.wait')).getPropertyValue('--count'),
  counting: getComputedStyle(document.querySelector('.wait')).visibility,
  button: getComputedStyle(document.querySelector('#resend')).borderTopStyle,
})"""


async def test_a_keyboard_alone_signs_up(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        async def keys(tabs: int, text: str) -> None:
            for _ in range(tabs):
                await visitor.tab.page.keyboard.press("Tab")
            await visitor.tab.page.keyboard.type(text)
            await visitor.note(await visitor.tab.enter())

        await visitor.open("/signup")
        await keys(1, visitor.phone)
        await keys(0, visitor.code(visitor.phone))
        await keys(1, visitor.email)
        await keys(0, visitor.code(visitor.email))
        await keys(2, "seven otters paint slowly")

    notes = await walk(journey)
    assert notes[-1].look.url == "/signup/done"


@pytest.mark.parametrize("step", FIELDS)
async def test_field_and_button_are_in_view_above_a_keyboard(both: Both, step: str) -> None:
    async def journey(visitor: Visitor) -> None:
        await (visitor.open("/signup/phone") if step == "phone" else visitor.come_to(step))
        field = visitor.tab.page.locator(f"#{FIELDS[step]}")
        await visitor.tab.page.evaluate("scrollTo(0, 0)")
        button = visitor.tab.page.locator("main form button[type=submit]").first
        for part in (field, button):
            box = await part.bounding_box()
            assert box
            assert 0 <= box["y"] <= PHONE_IN_HAND["height"] - box["height"], (step, box)
            assert box["height"] >= 44

    await both(journey, viewport=PHONE_IN_HAND, has_touch=True)


@pytest.mark.parametrize(("state", "seen"), [("sent", False), ("refused", True), ("late", True)])
async def test_above_a_keyboard_trouble_with_the_message_is_still_told(
    both: Both, state: str, seen: bool
) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        visitor.code(visitor.phone)
        await visitor.sql(BECAME[state], visitor.phone)
        await visitor.tab.reload()
        line = visitor.tab.page.locator("#delivery > p")
        assert state in str(await line.get_attribute("class"))
        assert await line.is_visible() is seen

    await both(journey, viewport=PHONE_IN_HAND, has_touch=True)


@pytest.mark.parametrize("viewport", [{"width": 320, "height": 640}, PHONE_IN_HAND])
async def test_on_a_small_screen_the_steps_are_still_read_out(
    both: Both, viewport: dict[str, int]
) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("email")
        progress = visitor.tab.page.get_by_role("navigation", name=visitor.say("Progress"))
        read = (await progress.aria_snapshot()).replace("\N{WORD JOINER}", "").replace(" ,", ",")
        for words in ("Step 3 of 5", "Phone, completed", "Text code, completed", "E-mail code"):
            assert visitor.say(words) in read

    await both(journey, viewport=viewport)


async def test_the_wait_is_counted_by_the_server_and_shown_without_scripts(
    each_way: Visit, strict: At
) -> None:
    visitor = await each_way(at=strict)
    await visitor.come_to("phone-code")
    await visitor.tab.page.wait_for_timeout(1100)
    waited = await visitor.tab.page.evaluate(WAITING)
    assert waited == {"seconds": 0, "counting": "hidden", "button": "solid"}
    await visitor.press("Send the text again")
    for _ in range(2):
        waiting = await visitor.tab.page.evaluate(WAITING)
        assert 590 <= waiting.pop("seconds") <= 600
        assert waiting == {"counting": "visible", "button": "dashed"}
        await visitor.reload()
