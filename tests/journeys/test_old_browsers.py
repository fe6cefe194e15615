"""Browsers that do not say where a form is from, or keep no cookies, in a real Chromium."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.journeys.conftest import Visit, Walk
from tests.journeys.header_proxy import stripping_proxy
from tests.journeys.visitor import Visitor
from tests.product import GENEROUS, Product, free_port
from tests.stores import Stores


@pytest.fixture
def hidden(stores: Stores, tmp_path: Path) -> Iterator[Product]:
    """A product that the world sees at another port."""
    with Product(
        tmp_path,
        stores.new_database(),
        f"{stores.redis_url}?db=6",
        limits=GENEROUS,
        BASE_URL=f"http://127.0.0.1:{free_port()}",
    ) as one:
        yield one


@pytest.fixture
async def behind_proxy(hidden: Product) -> AsyncIterator[Product]:
    """Reached by a proxy that drops `Sec-Fetch-Site`."""
    async with stripping_proxy(urlsplit(hidden.env["BASE_URL"]).port or 0, hidden.port):
        yield hidden


async def test_a_sign_up_needs_no_sec_fetch_site(walk: Walk, behind_proxy: Product) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.tab.url = behind_proxy.env["BASE_URL"]
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
