"""What scripts add: pages that change without loading, and calm when something goes wrong."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest
from playwright.async_api import Route

from app.dev.rendering import find_language
from app.domain.i18n import reading
from tests.journeys.conftest import ACME, At, Both, Visit
from tests.journeys.gallery import templates
from tests.journeys.visitor import Visitor
from tests.journeys.words import Words

HTML = "text/html; charset=utf-8"
KOLKATA = timezone(timedelta(hours=5, minutes=30))
HERE = "window.here = true; document.getElementById('live').here = true"
STILL_HERE = "window.here === true && document.getElementById('live').here === true"
LOST = "That didn’t reach us"
AS_SENT = "addEventListener('submit', () => { sessionStorage.sent = password.type; })"


async def test_our_own_refusals_are_shown_without_loading_a_page(both: Both) -> None:
    statuses = [400, 403, 404, 409, 410, 422, 429, 500, 503]

    async def journey(visitor: Visitor) -> None:
        async def answered(route: Route) -> None:
            status = statuses[len(visitor.tab.posts)]
            await route.fulfill(response=await route.fetch(), status=status)

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

    await both(journey)


@pytest.mark.parametrize(
    ("scripts", "language", "told"),
    [
        (False, "en", "Checked 2 days ago."),
        (True, "en", "Checked on {:%-d %B %Y at %H:%M}."),
        (True, "de", "Geprüft am {:%d. November %Y um %H:%M}."),
    ],
)
async def test_moments_are_told_by_the_clock_of_whoever_reads(
    visit: Visit, german: Words, *, scripts: bool, language: str, told: str
) -> None:
    """Without scripts by how far away they are."""
    checked_at = datetime.now(UTC) - timedelta(days=2)
    html = status_page(language, checked_at)
    how = {"java_script_enabled": scripts, "timezone_id": "Asia/Kolkata", "locale": "en-GB"}
    visitor = await visit(words=german if language == "de" else None, **how)
    page = visitor.tab.page
    await page.route("**/status", lambda route: route.fulfill(body=html, content_type=HTML))
    await page.goto(f"{visitor.product.url}/status")
    shown = page.locator("p:has(time)")
    assert await shown.inner_text() == told.format(checked_at.astimezone(KOLKATA))
    kept = {each["name"]: each["value"] for each in await page.context.cookies()}
    assert kept.get("zone") == ("Asia/Calcutta" if scripts else None)


def status_page(language: str, checked_at: datetime) -> str:
    pages, languages = templates(ACME if language == "de" else None)
    values = {"shell": "_shell/document.html", "notice": None, "areas": [], "status": "pass"}
    with reading(find_language(languages, language)):
        return pages.get("status/status.html").render(values, checked_at=checked_at)


async def test_a_strange_answer_keeps_the_form_and_says_so(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        before = await visitor.open("/signup/phone")
        await visitor.tab.type("phone", visitor.phone)
        for status in (200, 404, 500, 502, 503, 504):
            await page.route("**/signup/phone", partial(_strange, status))
            await page.evaluate("document.querySelector('main [role=alert]')?.remove()")
            await visitor.tab.button("Text me a code").click()
            await page.get_by_role("alert").wait_for()
            look = await visitor.tab.look()
            assert look.alert.startswith(LOST)
            kept = replace(before, focus="alert", fields={"phone": visitor.phone})
            assert look == replace(kept, alert=look.alert)

    await both(journey)


async def _strange(status: int, route: Route) -> None:
    """What a proxy in between may say."""
    body = "<!doctype html><title>Proxy</title><h1>Bad gateway</h1>"
    await route.fulfill(status=status, body=body, content_type="text/html")


async def test_a_dropped_connection_keeps_the_form_which_works_again_later(
    visit: Visit, strict: At, german: Words
) -> None:
    visitors = [await visit(at=strict), await visit(at=strict, words=german)]
    for visitor in visitors:
        await visitor.open("/signup/phone")
        await visitor.tab.type("phone", visitor.phone)
        visitor.product.kill()
    try:
        for visitor in visitors:
            await visitor.tab.button("Text me a code").click()
            await visitor.tab.page.get_by_role("alert").wait_for()
            look = await visitor.tab.look()
            assert (look.focus, look.fields) == ("alert", {"phone": visitor.phone})
            assert look.alert.startswith(LOST)
            assert len(visitor.troubles) == 2  # the browser's word and htmx's
            visitor.troubles.clear()
    finally:
        for visitor in visitors:
            visitor.product.start()
    for visitor in visitors:
        assert (await visitor.press("Text me a code")).url == "/signup/phone-code"
        assert len(await visitor.messages()) == 1


@pytest.mark.parametrize("scripts", [True, False])
async def test_a_double_click_sends_one_text(both: Both, *, scripts: bool) -> None:
    """With scripts also one form."""

    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        await visitor.tab.type("phone", visitor.phone)
        await visitor.tab.mark()
        await visitor.tab.button("Text me a code").dblclick(no_wait_after=True)
        assert (await visitor.tab.arrived()).url == "/signup/phone-code"
        if scripts:
            await asyncio.sleep(0.3)
            assert visitor.tab.posts == [303]
        assert len(await visitor.messages()) == 1

    await both(journey, java_script_enabled=scripts)


async def test_sending_again_is_announced_in_the_place_screen_readers_watch(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await visitor.come_to("phone-code")
        await page.evaluate(HERE)
        again = await visitor.press("Send the text again")
        assert again.notice == "We sent the code again."
        assert await page.locator("#live").get_attribute("role") == "status"
        assert await page.evaluate(STILL_HERE)
        assert (await visitor.press("Continue", code="1")).notice == ""

    await both(journey)


async def test_a_password_can_be_shown_and_its_form_loads_a_page(both: Both) -> None:
    """It is hidden again when it is sent; managers of passwords notice a page that loads."""

    async def journey(visitor: Visitor) -> None:
        page, kinds = visitor.tab.page, []
        await visitor.come_to("password")
        await page.evaluate(HERE)
        await visitor.tab.type("password", "password1234")
        for name in ("Show password", "Hide password", "Show password"):
            await visitor.tab.button(name).click()
            kinds.append(await page.get_attribute("#password", "type"))
        assert kinds == ["text", "password", "text"]
        await page.evaluate(AS_SENT)
        await visitor.press("Create my account")
        assert await page.evaluate("[window.here, sessionStorage.sent]") == [None, "password"]

    await both(journey)


async def test_what_only_scripts_can_do_is_not_offered_without_them(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("password")
        assert await visitor.tab.button("Show password").count() == 0

    await both(journey, java_script_enabled=False)


async def test_a_text_that_the_browser_reads_is_filled_in_and_sent_once(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        page = visitor.tab.page
        await page.add_init_script(TEXT_READER)
        await visitor.come_to("phone-code")
        await visitor.tab.mark()
        await page.evaluate("(code) => textArrives({ code })", visitor.code(visitor.phone))
        assert (await visitor.tab.arrived()).url == "/signup/email"
        assert visitor.tab.posts == [303]

    await both(journey)


# WebOTP as Chrome on a phone has it; here the test says when the text arrives.
TEXT_READER = """
window.OTPCredential = class {};
navigator.credentials.get = ({ signal }) => new Promise((arrived, gone) => {
  window.textArrives = arrived;
  signal.addEventListener('abort', () => gone(new DOMException('', 'AbortError')));
});
"""
