"""A sign-up under pressure in a real browser: the same with scripts and without."""

from collections.abc import Callable
from itertools import count

import pytest

from tests.journeys.conftest import At, Walk
from tests.journeys.visitor import Visitor
from tests.product import GENEROUS

# Irish numbers come after the address, and two seconds later.
PRESSED = GENEROUS.replace(
    "pressure = { least = 100000 }", "pressure = { least = 1, steps = [[50, 2]] }"
)
PRESSED += "raised_regions = { IE = 0 }\n"
UNPROVED = """
INSERT INTO deliveries (id, channel, template, destination, block, region, address, network,
                        state, room, expires_at, created_at)
VALUES (gen_random_uuid(), 'sms', 'phone_code', '+353850000000', '+35385000', 'IE', '9.9.9.9/32',
        '9.9.9.0/24', 'sent', 'mailed', now(), now() - interval '5 minutes')
"""
_numbers = count(1)


@pytest.fixture
def pressed(with_settings: Callable[..., At]) -> At:
    return with_settings(limits=PRESSED)


def irish() -> str:
    return f"+35385{next(_numbers):07d}"


async def wait(visitor: Visitor) -> None:
    """The page goes on by itself where scripts run, else by its button."""
    await visitor.tab.mark()
    if await visitor.tab.page.evaluate("typeof htmx") == "undefined":
        await visitor.tab.page.wait_for_timeout(2_000)
        await visitor.press("Text me a code")
    else:
        await visitor.note(await visitor.tab.arrived())


async def journey(visitor: Visitor) -> None:
    await visitor.sql(UNPROVED)
    await visitor.open("/signup")
    await visitor.give_phone(irish())
    await visitor.give_email()
    await visitor.give_email_code()
    await wait(visitor)
    await visitor.give_phone_code()
    await visitor.give_password()


async def test_the_address_first_and_the_text_a_little_later(walk: Walk, pressed: At) -> None:
    notes = await walk(journey, at=pressed)
    assert [note.look.url for note in notes] == [
        "/signup", "/signup/email", "/signup/email-code", "/signup/phone-code",
        "/signup/phone-code", "/signup/password", "/signup/done",
    ]  # fmt: skip
    assert [note.look.focus for note in notes[1:5]] == ["h1", "code", "h1", "code"]
    headings = [note.look.heading for note in notes]
    assert headings[3:5] == ["Confirm your number", "Enter the code from the text"]
    assert "Step 4 of 5" in notes[3].look.title
    assert notes[4].look.notice == "We texted you a code."
    assert len(notes[3].messages) == 1, "no text before its time"
    assert notes[-1].posts == [303] * 6
