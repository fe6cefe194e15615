"""The line that says what became of a message, in a real browser: it is kept up to date, says what
to do next, and moves nothing. What is waited for is the same for all visitors of a test.
"""

import asyncio
import re
from functools import partial

from app.controllers.code_words import CALL_WORDS, WORDS
from app.dev.rendering import find_language
from app.domain.i18n import reading
from app.domain.languages import CATALOGUES
from tests.journeys.conftest import Both
from tests.journeys.gallery import templates
from tests.journeys.test_scripts import HERE, STILL_HERE
from tests.journeys.visitor import Visitor
from tests.product import PATIENCE

ROOM = 91  # letters; as wide as they are under Acme, that many fill what is kept free
BECAME = """
UPDATE deliveries SET state = $2, reason = $3,
  updated_at = clock_timestamp() - make_interval(secs => $4) WHERE destination = $1
"""
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries()))
  .observe({ type: 'layout-shift', buffered: true });
"""
# Once what was changed has been painted: how far each shift went, and what moved.
SHIFTED = """async () => {
  for (const _ of [1, 2, 3]) await new Promise(requestAnimationFrame);
  return shifts.map(({ value, sources }) => [value, ...sources.map(({ node }) => node?.className)]);
}"""
# What has the look of the first button.
STANDS_OUT = """() => [...document.querySelectorAll('main :is(button, .button):not(.text)')]
  .filter(each => getComputedStyle(each).backgroundColor !== 'rgba(0, 0, 0, 0)')
  .map(each => each.innerText)"""


async def test_the_delivery_line_follows_the_message_and_then_rests(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        asked: list[str] = []
        page = visitor.tab.page
        await visitor.come_to("phone-code")
        await page.evaluate(HERE)
        page.on("request", lambda request: asked.append(request.url))
        await visitor.sql(BECAME, visitor.phone, "delivered", None, 8)
        await told(visitor, "The text was delivered. [0-9]+ seconds ago")
        await visitor.sql(BECAME, visitor.phone, "delivered", None, 61)
        await told(visitor, "The text was delivered.")
        assert {*asked} == {visitor.tab.url + "/signup/phone-code/delivery"}
        polled = len(asked)
        await asyncio.sleep(2.5)
        assert len(asked) == polled
        look = await visitor.tab.look()
        assert (look.url, look.focus) == ("/signup/phone-code", "code")
        assert await page.evaluate(STILL_HERE)

    await both(journey)


async def told(visitor: Visitor, line: str) -> None:
    """Waits until the line on the message says that, in English."""
    said = ""
    async with asyncio.timeout(PATIENCE):
        while not re.fullmatch(line, said):
            await asyncio.sleep(0.05)
            said = visitor.read(await visitor.tab.page.inner_text("#delivery")).replace("\n", " ")


async def test_the_next_best_action_is_the_one_that_stands_out(both: Both) -> None:
    async def journey(state: str, reason: str, primary: str, visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        await visitor.sql(BECAME, visitor.phone, state, reason, 0)
        await visitor.tab.page.locator(f".delivery.{state}").wait_for()
        out = await visitor.tab.page.evaluate(STANDS_OUT)
        assert [visitor.read(each) for each in out] == [primary]

    async with asyncio.TaskGroup() as group:
        for case in (
            ("failed", "unreachable", "Send the text again"),
            ("refused", "landline", "Call me instead"),
        ):
            group.create_task(both(partial(journey, *case)))


async def test_nothing_moves_when_scripts_begin_or_the_delivery_line_grows(both: Both) -> None:
    """What comes later has its place from the first paint on, however long its words are."""

    async def journey(visitor: Visitor) -> None:
        page, person = visitor.tab.page, visitor.person
        await page.add_init_script(SHIFTS)
        await visitor.come_to("phone-code")
        await visitor.messages()
        await visitor.sql(BECAME, visitor.phone, "sent", None, 121)
        await told(visitor, ".*if it arrived.*")
        assert await page.evaluate(SHIFTED) == []
        person.give_phone_code(visitor.phone)
        person.give_email(visitor.email)
        person.give_email_code(visitor.email)
        await visitor.take_over()
        await visitor.open("/signup/password")
        await visitor.tab.button("Show password").wait_for()
        assert await page.evaluate(SHIFTED) == []

    async with asyncio.TaskGroup() as group:
        for width in (320, 1280):
            group.create_task(both(journey, viewport={"width": width, "height": 823}))


def test_in_no_language_it_needs_more_room_than_is_kept_free() -> None:
    languages, long = templates(None)[1], []
    for language in CATALOGUES:
        with reading(find_language(languages, language)):
            for words in (*WORDS.values(), CALL_WORDS):
                said = map(str, (words.on_its_way, words.slow, words.sent, words.unconfirmed))
                long += [(language, each) for each in said if len(each) > ROOM]
    assert long == []


async def test_without_scripts_a_reload_tells_what_became_of_the_message(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("phone-code")
        await visitor.messages()  # it may not be sent yet
        await visitor.reload()
        await told(visitor, "The text was sent.")
        await visitor.sql(BECAME, visitor.phone, "delivered", None, 61)
        await visitor.reload()
        await told(visitor, "The text was delivered.")

    await both(journey, java_script_enabled=False)
