"""Browsers that do not say where a form is from, or keep no cookies, in a real Chromium."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest

from tests.journeys.conftest import BRANDS, At, Visit, Walk
from tests.journeys.header_proxy import stripping_proxy
from tests.journeys.visitor import Visitor
from tests.product import GENEROUS, Product, free_port


@pytest.fixture
async def behind_proxy(with_settings: Callable[..., At]) -> AsyncIterator[At]:
    """A product that the world reaches by a proxy that drops `Sec-Fetch-Site`, at another port."""
    products: dict[str, Product] = {}
    async with AsyncExitStack() as stack:
        for brand in BRANDS:
            port = free_port()
            at = with_settings(limits=GENEROUS, BASE_URL=f"http://127.0.0.1:{port}")
            products[brand] = await asyncio.to_thread(at, brand)
            await stack.enter_async_context(stripping_proxy(port, products[brand].port))
        yield products.__getitem__


async def test_a_sign_up_needs_no_sec_fetch_site(walk: Walk, behind_proxy: At) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.tab.url = visitor.product.env["BASE_URL"]
        await visitor.open("/signup/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.give_email()
        await visitor.give_email_code()
        done = await visitor.give_password()
        assert done.url == "/signup/done"

    notes = await walk(journey, at=behind_proxy)
    assert [note.posts[-1:] for note in notes[1:]] == [[303]] * 5


async def test_blocked_cookies_are_told(each_way: Visit) -> None:
    visitor = await each_way()
    page = visitor.tab.page

    async def without_cookies(route: object) -> None:
        await page.context.clear_cookies()
        await route.continue_()  # type: ignore[attr-defined]

    await page.route("**/*", without_cookies)
    await visitor.open("/signup/phone")
    seen = await visitor.give_phone()
    assert visitor.tab.posts == [403]
    assert "Turn on cookies for this site" in seen.alert
    assert seen.fields["phone"] == visitor.phone
