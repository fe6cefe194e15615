"""Every page in every language: nothing sticks out on a small phone with large text."""

import pytest
from playwright.async_api import Browser

from app.domain.languages import CATALOGUES
from app.web.brand import STATIC
from tests.journeys.conftest import Both
from tests.journeys.gallery import last_of_each, show_pages
from tests.journeys.looking import LAID_OUT, RUN_AXE
from tests.journeys.test_accessibility import large_text, layout_problems, looking
from tests.journeys.visitor import Visitor

LONGER = "en-XA"  # of nobody: English with accents, 40 % longer
# What our script does to a page that has come; it may not ask such a window for cookies.
SCRIPT = f"() => {{ {(STATIC / 'latchkey.js').read_text().partition('// Mails tell times')[0]} }}"

# Controls that are lower than 44 px; not links in sentences, nor in lists for developers.
SMALL = """() => {
  const found = [];
  const controls = 'button, .button, input:not([type=hidden]), select, summary, nav a, header a';
  for (const control of document.querySelectorAll(controls)) {
    if (!control.checkVisibility() || control.closest('.reference')) continue;
    const drawn = control.matches('[type=radio]') ? control.labels[0] : control;
    const { width, height } = drawn.getBoundingClientRect();
    if (!width || height >= 43.5) continue;
    found.push(`${Math.round(height)} px: ${control.outerHTML.slice(0, 80)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("language", [*CATALOGUES[1:], LONGER])
async def test_every_page_fits_a_small_phone_with_large_text(
    chromium: Browser, language: str
) -> None:
    """Axe is asked for what depends on how long words are."""
    found = {}
    async with looking(chromium) as window:
        for name, document in last_of_each(show_pages(language)).items():
            await window.show(document)
            if "latchkey.js" in document.html:
                await window.page.evaluate(SCRIPT)
            found[name] = [*await layout_problems(window.page), *await large_text(window.page)]
            found[name] += await window.page.evaluate(SMALL)
            found[name] += await window.page.evaluate(RUN_AXE, LAID_OUT[1:3])
    assert len(found) > 30
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("scripts", [True, False])
async def test_what_was_typed_is_kept_in_another_language(both: Both, *, scripts: bool) -> None:
    """Also after another page has come into the one whose foot it is."""
    others = {"en": ("de", "Konto erstellen"), "de": ("en", "Create an account")}

    async def journey(visitor: Visitor) -> None:
        page, (other, heading) = visitor.tab.page, others[visitor.language]
        await visitor.tab.open("/login/phone")
        await visitor.tab.follow("Create an account")
        await visitor.tab.type("phone", "070 174 06 81")
        await page.select_option("#country", "SE")
        await page.click(".languages summary")
        await page.click(f".languages [value={other}]")
        await page.wait_for_selector(f"html[lang={other}]")
        kept = [await page.input_value(each) for each in ("#phone", "#country")]
        assert (await page.inner_text("h1"), kept) == (heading, ["070 174 06 81", "SE"])

    await both(journey, java_script_enabled=scripts)
