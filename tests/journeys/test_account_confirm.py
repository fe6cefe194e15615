"""The proofs before a download in a real browser: the file comes, whatever proof was asked for."""

from collections.abc import Awaitable, Callable

import pytest

from tests.holder import PASSWORD
from tests.journeys.tab import Tab
from tests.journeys.visitor import Visitor

MAKE_DUE = """
UPDATE confirmation_requests SET due_at = clock_timestamp()
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


@pytest.fixture
async def asked(each_way: Callable[[], Awaitable[Visitor]]) -> Visitor:
    """Signed in by password, and asked for a proof before the download."""
    visitor = await each_way()
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password=PASSWORD)
    await visitor.follow("Download your data")
    return visitor


async def downloaded(tab: Tab, code: str) -> str:
    """The name of the file that the code is answered with."""
    await tab.type("code", code)
    async with tab.page.expect_download(timeout=10_000) as coming:
        await tab.button("Continue").click(no_wait_after=True)
    return (await coming.value).suggested_filename


async def test_a_code_is_answered_with_the_file(asked: Visitor) -> None:
    await asked.press("Text me a code")
    code = asked.product.code_for(asked.phone, 1)
    assert (await downloaded(asked.tab, code)).startswith(("latchkey-", "acme-"))


async def test_without_the_phone_it_comes_a_day_later(asked: Visitor) -> None:
    await asked.follow("I no longer have that phone")
    await asked.press("Continue", password=PASSWORD)
    await asked.press("Continue", code=asked.product.code_for(asked.email, 1))
    await asked.sql(MAKE_DUE, asked.email)
    await asked.open("/account")
    await asked.follow("Download your data")
    await asked.follow("I no longer have that phone")
    await asked.press("Continue", password=PASSWORD)
    code = asked.product.code_for(asked.email, 2)
    assert (await downloaded(asked.tab, code)).startswith(("latchkey-", "acme-"))
