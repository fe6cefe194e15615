"""What has little room: letters on a small phone, pages with large text, ways side by side."""

import pytest
from jinja2 import Environment
from playwright.async_api import Browser

from app.adapters.messages import TemplateStationery
from app.web.assets import Assets
from app.web.page import template_environment
from tests.test_messages import CONTEXT, LETTERS, ROOT

SMALL = {"width": 320, "height": 640}
FAR = f"https://{CONTEXT['host']}"
LONG = CONTEXT | {"base_url": FAR, "undo_link": f"{FAR}/account/undo/{'a' * 64}"}
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture(scope="module")
def stationery() -> TemplateStationery:
    environment: Environment = template_environment(Assets(ROOT / "static", live=False), live=False)
    return TemplateStationery(environment)


@pytest.mark.parametrize("name", LETTERS)
async def test_a_letter_fits_on_a_small_phone(
    chromium: Browser, stationery: TemplateStationery, name: str
) -> None:
    page = await chromium.new_page(viewport=SMALL)
    await page.set_content(stationery.letter(name, LONG)[2])
    assert await page.evaluate(WIDTH) == 320
    await page.close()
