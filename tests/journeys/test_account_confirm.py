"""The proofs before a download in a real browser: the file comes, whatever proof was asked for."""

import pytest
from playwright.async_api import Page

from tests.holder import PASSWORD
from tests.journeys.conftest import Visit
from tests.journeys.visitor import Visitor

MAKE_DUE = """
UPDATE confirmation_requests SET due_at = clock_timestamp()
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
async def asked(visit: Visit, request: pytest.FixtureRequest) -> Visitor:
    """Signed in by password, and asked for a proof before the download."""
    visitor = await visit(java_script_enabled=request.param)
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password=PASSWORD)
    await visitor.follow("Download your data")
    return visitor


async def downloaded(page: Page, code: str) -> str:
    """The name of the file that the code is answered with."""
    await page.fill("#code", code)
    async with page.expect_download(timeout=10_000) as coming:
        await page.get_by_role("button", name="Continue", exact=True).click(no_wait_after=True)
    return (await coming.value).suggested_filename


async def test_a_code_is_answered_with_the_file(asked: Visitor) -> None:
    await asked.press("Text me a code")
    code = asked.product.code_for(asked.phone, 1)
    assert (await downloaded(asked.tab.page, code)).startswith("latchkey-")


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
    assert (await downloaded(asked.tab.page, code)).startswith("latchkey-")
