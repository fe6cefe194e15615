"""Numbers are grouped while they are typed, where scripts run."""

from tests.journeys.conftest import Visit


async def test_a_number_is_grouped_while_it_is_typed(visit: Visit) -> None:
    visitor = await visit()
    await visitor.open("/signup/phone")
    phone = visitor.tab.page.locator("#phone")
    written = []
    for country, typed in (
        ("SE", "0701740605"),
        ("SE", "701740605"),
        ("US", "20155501234"),  # a digit too many
        ("SE", "+46701740605"),
        ("SE", "070-1740605"),
    ):
        await visitor.tab.page.select_option("#country", country)
        await phone.fill("")
        await phone.press_sequentially(typed)
        written.append(await phone.input_value())
    assert written == [
        "070 174 06 05",
        "70 174 06 05",
        "201 555 01234",
        "+46701740605",
        "070-1740605",
    ]


async def test_spaces_of_ones_own_stay_and_another_country_groups_again(visit: Visit) -> None:
    visitor = await visit()
    await visitor.open("/signup/phone")
    page, phone = visitor.tab.page, visitor.tab.page.locator("#phone")
    written = []
    for typed in ("0701 74 06 05", "0701740605"):
        await phone.fill("")
        await page.select_option("#country", "US")
        await phone.press_sequentially(typed)
        await page.select_option("#country", "SE")
        written.append(await phone.input_value())
    assert written == ["0701 74 06 05", "070 174 06 05"]


async def test_grouping_leaves_the_caret_where_a_number_is_mended(visit: Visit) -> None:
    visitor = await visit()
    await visitor.open("/signup/phone")
    await visitor.tab.page.select_option("#country", "SE")
    phone = visitor.tab.page.locator("#phone")
    await phone.press_sequentially("0701740605")
    for key in ("Backspace", "Backspace", "ArrowLeft", "ArrowLeft", "9"):
        await phone.press(key)
    assert await phone.input_value() == "070 174 096 "
    assert await phone.evaluate("field => field.selectionStart") == 10
