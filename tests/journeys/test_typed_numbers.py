"""Numbers are grouped while they are typed, where scripts run."""

from tests.journeys.conftest import Both
from tests.journeys.visitor import Visitor


async def test_a_number_is_grouped_while_it_is_typed(both: Both) -> None:
    written = {
        ("SE", "0701740605"): "070 174 06 05",
        ("SE", "701740605"): "70 174 06 05",
        ("US", "20155501234"): "201 555 01234",  # a digit too many
        ("SE", "+46701740605"): "+46701740605",
        ("SE", "070-1740605"): "070-1740605",
    }

    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        phone = visitor.tab.page.locator("#phone")
        for (country, typed), grouped in written.items():
            await visitor.tab.page.select_option("#country", country)
            await phone.fill("")
            await phone.press_sequentially(typed)
            assert await phone.input_value() == grouped

    await both(journey)


async def test_spaces_of_ones_own_stay_and_another_country_groups_again(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        page, phone = visitor.tab.page, visitor.tab.page.locator("#phone")
        for typed, kept in (("0701 74 06 05", "0701 74 06 05"), ("0701740605", "070 174 06 05")):
            await phone.fill("")
            await page.select_option("#country", "US")
            await phone.press_sequentially(typed)
            await page.select_option("#country", "SE")
            assert await phone.input_value() == kept

    await both(journey)


async def test_grouping_leaves_the_caret_where_a_number_is_mended(both: Both) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        await visitor.tab.page.select_option("#country", "SE")
        phone = visitor.tab.page.locator("#phone")
        await phone.press_sequentially("0701740605")
        for key in ("Backspace", "Backspace", "ArrowLeft", "ArrowLeft", "9"):
            await phone.press(key)
        assert await phone.input_value() == "070 174 096 "
        assert await phone.evaluate("field => field.selectionStart") == 10

    await both(journey)
