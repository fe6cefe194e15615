"""What scripts add: pages that change without loading, and calm when something goes wrong."""

import asyncio
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from playwright.async_api import Route

from app.main import STATIC
from app.web.assets import Assets
from app.web.templates import Templates
from tests.journeys.conftest import Visit
from tests.product import PATIENCE, Product

HTML = "text/html; charset=utf-8"
KOLKATA = timezone(timedelta(hours=5, minutes=30))
HERE = "window.here = true; document.getElementById('live').here = true"
STILL_HERE = "window.here === true && document.getElementById('live').here === true"
LOST = "That didn’t reach us"
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


async def test_our_own_refusals_are_shown_without_loading_a_page(visit: Visit) -> None:
    statuses = [400, 403, 404, 409, 410, 422, 429, 500, 503]

    async def answered(route: Route) -> None:
        await route.fulfill(response=await route.fetch(), status=statuses[len(visitor.tab.posts)])

    visitor = await visit()
    page = visitor.tab.page
    await visitor.open("/signup/phone")
    await page.evaluate(HERE)
    await page.route("**/signup/phone", answered)
    for _ in statuses:
        look = await visitor.press("Text me a code", phone="12")
        assert look.title.startswith("Error: Create an account")
        assert (look.focus, look.fields) == ("phone", {"phone": "12"})
    assert visitor.tab.posts == statuses
    assert await page.evaluate(STILL_HERE)


async def test_moments_are_told_by_the_clock_of_whoever_reads(visit: Visit) -> None:
    """Without scripts by how far away they are."""
    pages = Templates(Assets(STATIC, live=False), live=False)
    checked_at = datetime.now(UTC) - timedelta(days=2)
    values = {"shell": "_shell/document.html", "notice": None, "areas": [], "status": "pass"}
    html = pages.get("status/status.html").render(values, checked_at=checked_at)
    there = {"timezone_id": "Asia/Kolkata", "locale": "en-GB"}
    for scripts, told in ((False, "2 days ago"), (True, f"on {formatted(checked_at)}")):
        visitor = await visit(java_script_enabled=scripts, **there)
        page = visitor.tab.page
        await page.route("**/status", lambda route: route.fulfill(body=html, content_type=HTML))
        await page.goto(f"{visitor.product.url}/status")
        assert await page.get_by_text("Checked").inner_text() == f"Checked {told}."
        kept = {each["name"]: each["value"] for each in await page.context.cookies()}
        assert kept.get("zone") == ("Asia/Calcutta" if scripts else None)


def formatted(at: datetime) -> str:
    """As the English say a moment in Kolkata."""
    return f"{at.astimezone(KOLKATA):%-d %B %Y at %H:%M}"


async def test_a_strange_answer_keeps_the_form_and_says_so(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    before = await visitor.open("/signup/phone")
    await visitor.tab.type("phone", visitor.phone)
    for status in (200, 404, 500, 502, 503, 504):
        await page.route("**/signup/phone", partial(_strange, status))
        await page.evaluate("document.querySelector('main [role=alert]')?.remove()")
        await page.get_by_role("button", name="Text me a code").click()
        await page.get_by_role("alert").wait_for()
        look = await visitor.tab.look()
        assert look.alert.startswith(LOST)
        assert (look.url, look.title, look.heading) == (before.url, before.title, before.heading)
        assert (look.focus, look.fields) == ("alert", {"phone": visitor.phone})


async def _strange(status: int, route: Route) -> None:
    """What a proxy in between may say."""
    body = "<!doctype html><title>Proxy</title><h1>Bad gateway</h1>"
    await route.fulfill(status=status, body=body, content_type="text/html")


async def test_a_dropped_connection_keeps_the_form_which_works_again_later(
    visit: Visit, strict: Product
) -> None:
    visitor = await visit(at=strict)
    page = visitor.tab.page
    await visitor.open("/signup/phone")
    await visitor.tab.type("phone", visitor.phone)
    strict.kill()
    try:
        await page.get_by_role("button", name="Text me a code").click()
        await page.get_by_role("alert").wait_for()
        look = await visitor.tab.look()
    finally:
        strict.start()
    assert len(visitor.troubles) == 2  # the browser's word and htmx's
    visitor.troubles.clear()
    assert (look.focus, look.fields) == ("alert", {"phone": visitor.phone})
    assert (await visitor.press("Text me a code")).url == "/signup/phone-code"
    assert len(await visitor.messages()) == 1


async def test_a_double_click_sends_one_form_and_one_text(visit: Visit) -> None:
    visitor = await visit()
    await visitor.open("/signup/phone")
    await visitor.tab.type("phone", visitor.phone)
    await visitor.tab.mark()
    await visitor.tab.page.get_by_role("button", name="Text me a code").dblclick(no_wait_after=True)
    assert (await visitor.tab.arrived()).url == "/signup/phone-code"
    await asyncio.sleep(0.3)
    assert visitor.tab.posts == [303]
    assert len(await visitor.messages()) == 1


async def test_a_double_click_without_scripts_sends_one_text(visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    await visitor.open("/signup/phone")
    await visitor.tab.type("phone", visitor.phone)
    await visitor.tab.mark()
    await visitor.tab.page.get_by_role("button", name="Text me a code").dblclick(no_wait_after=True)
    assert (await visitor.tab.arrived()).url == "/signup/phone-code"
    assert len(await visitor.messages()) == 1


async def test_the_delivery_line_follows_the_message_and_then_rests(visit: Visit) -> None:
    asked: list[str] = []
    visitor = await visit()
    page = visitor.tab.page
    await visitor.come_to("phone-code")
    await page.evaluate(HERE)
    page.on("request", lambda request: asked.append(request.url))
    await visitor.sql(BECAME, visitor.phone, "delivered", None, 8)
    await page.get_by_text(re.compile("The text was delivered. [0-9]+ seconds ago")).wait_for()
    await visitor.sql(BECAME, visitor.phone, "delivered", None, 61)
    await page.get_by_text(re.compile("The text was delivered.$")).wait_for()
    assert {*asked} == {visitor.tab.url + "/signup/phone-code/delivery"}
    polled = len(asked)
    await asyncio.sleep(2.5)
    assert len(asked) == polled
    look = await visitor.tab.look()
    assert (look.url, look.focus) == ("/signup/phone-code", "code")
    assert await page.evaluate(STILL_HERE)


@pytest.mark.parametrize(
    ("state", "reason", "primary"),
    [
        ("failed", "unreachable", "Send the text again"),
        ("refused", "landline", "Call me instead"),
    ],
)
async def test_the_next_best_action_is_the_one_that_stands_out(
    visit: Visit, state: str, reason: str, primary: str
) -> None:
    visitor = await visit()
    await visitor.come_to("phone-code")
    await visitor.sql(BECAME, visitor.phone, state, reason, 0)
    await visitor.tab.page.locator(f".delivery.{state}").wait_for()
    assert await visitor.tab.page.evaluate(STANDS_OUT) == [primary]


@pytest.mark.parametrize("width", [320, 1280])
async def test_nothing_moves_when_scripts_begin_or_the_delivery_line_grows(
    visit: Visit, width: int
) -> None:
    """What comes later has its place from the first paint on."""
    visitor = await visit(viewport={"width": width, "height": 823})
    page = visitor.tab.page
    await page.add_init_script(SHIFTS)
    await visitor.come_to("phone-code")
    await visitor.messages()
    await visitor.sql(BECAME, visitor.phone, "sent", None, 121)
    await page.get_by_text("if it arrived").wait_for()
    assert await page.evaluate(SHIFTED) == []
    visitor.person.give_phone_code(visitor.phone)
    visitor.person.give_email(visitor.email)
    visitor.person.give_email_code(visitor.email)
    await visitor.take_over()
    await visitor.open("/signup/password")
    await page.get_by_role("button", name="Show password").wait_for()
    assert await page.evaluate(SHIFTED) == []


async def test_without_scripts_a_reload_tells_what_became_of_the_message(visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    await visitor.come_to("phone-code")
    async with asyncio.timeout(PATIENCE):  # it may not be sent yet
        while await visitor.tab.page.inner_text("#delivery") != "The text was sent.":
            await visitor.reload()
    await visitor.sql(BECAME, visitor.phone, "delivered", None, 61)
    await visitor.reload()
    assert await visitor.tab.page.inner_text("#delivery") == "The text was delivered."


async def test_sending_again_is_announced_in_the_place_screen_readers_watch(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    await visitor.come_to("phone-code")
    await page.evaluate(HERE)
    await visitor.press("Send the text again")
    live = page.locator("#live")
    assert await live.get_attribute("role") == "status"
    assert await live.inner_text() == "We sent the code again."
    assert await page.evaluate(STILL_HERE)
    await visitor.press("Continue", code="1")
    assert await live.inner_text() == ""


async def test_the_password_form_loads_a_page_so_that_managers_notice(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    await visitor.come_to("password")
    await page.evaluate(HERE)
    await visitor.give_password("password1234")
    assert await page.evaluate("window.here") is None


async def test_what_only_scripts_can_do_is_not_offered_without_them(visit: Visit) -> None:
    visitor = await visit(java_script_enabled=False)
    await visitor.come_to("password")
    assert await visitor.tab.page.get_by_role("button", name="Show password").count() == 0


async def test_a_password_can_be_shown_and_is_hidden_again_when_sent(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    kinds: list[Any] = []
    await visitor.come_to("password")
    await visitor.tab.type("password", "seven otters paint slowly")
    for name in ("Show password", "Hide password", "Show password"):
        await page.get_by_role("button", name=name).click()
        kinds.append(await page.get_attribute("#password", "type"))
    assert kinds == ["text", "password", "text"]
    await page.evaluate("addEventListener('submit', (event) => event.preventDefault())")
    await page.get_by_role("button", name="Create my account").click()
    assert await page.get_attribute("#password", "type") == "password"


async def test_a_text_that_the_browser_reads_is_filled_in_and_sent_once(visit: Visit) -> None:
    visitor = await visit()
    page = visitor.tab.page
    await page.add_init_script(TEXT_READER)
    await visitor.come_to("phone-code")
    await visitor.tab.mark()
    await page.evaluate("(code) => textArrives({ code })", visitor.code(visitor.phone))
    assert (await visitor.tab.arrived()).url == "/signup/email"
    assert visitor.tab.posts == [303]


# WebOTP as Chrome on a phone has it; here the test says when the text arrives.
TEXT_READER = """
window.OTPCredential = class {};
navigator.credentials.get = ({ signal }) => new Promise((arrived, gone) => {
  window.textArrives = arrived;
  signal.addEventListener('abort', () => gone(new DOMException('', 'AbortError')));
});
"""
