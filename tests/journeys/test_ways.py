"""People do not only go forward: back, reloads, two tabs, old links and stale forms."""

from tests.journeys.conftest import Walk
from tests.journeys.visitor import Noted, Visitor


def places(notes: list[Noted]) -> list[str]:
    return [note.look.url for note in notes]


async def test_back_leads_to_the_current_step_and_its_form_works(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup")
        await visitor.open("/signup/phone")
        await visitor.give_phone()
        await visitor.back()
        await visitor.give_phone_code()
        await visitor.back()
        await visitor.give_email()
        await visitor.back()
        await visitor.give_email_code()
        await visitor.back()
        await visitor.give_password()

    notes = await walk(journey)
    steps = ("phone-code", "email", "email-code", "password")
    assert places(notes)[2:-1] == [f"/signup/{step}" for step in steps for _ in range(2)]
    assert notes[-1].look.url == "/signup/done"
    assert notes[-1].posts == [303] * 5
    assert len(notes[-1].messages) == 2


async def test_back_from_the_end_shows_no_form_to_fill_in_again(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("password")
        await visitor.give_password()
        await visitor.back()

    _, done, back = await walk(journey)
    assert done.look.url == "/signup/done"
    assert "password" not in back.look.fields
    assert back.posts == [303]


async def test_a_reload_repeats_nothing(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        await visitor.reload()
        await visitor.give_phone()
        await visitor.reload()
        await visitor.give_phone_code()
        await visitor.give_email()
        await visitor.reload()
        await visitor.give_email_code()
        await visitor.give_password()
        await visitor.reload()

    notes = await walk(journey)
    for step, reloaded in ((notes[i], notes[i + 1]) for i in (0, 2, 5)):
        assert step == reloaded
    assert notes[-1].posts == notes[-2].posts == [303] * 5
    assert len(notes[-1].messages) == 2


async def test_a_stale_tab_is_told_and_led_to_where_things_are(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        old = await visitor.second_tab()
        await old.open("/signup/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await old.type("phone", visitor.phone)
        await visitor.note(await old.press("Text me a code"))
        await visitor.note(await old.reload())

    *_, told, reloaded = await walk(journey)
    assert told.look.url == "/signup/email"
    assert told.look.notice == "You already did this in another tab. Here’s where you are now."
    assert len(told.messages) == 1
    assert reloaded.look.notice == ""


async def test_a_link_to_a_later_or_earlier_step_leads_to_the_current_one(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/password")
        await visitor.give_phone()
        await visitor.open("/signup/email-code")
        await visitor.open("/signup/phone")
        await visitor.open("/signup/done")

    notes = await walk(journey)
    assert places(notes) == ["/signup/phone", *["/signup/phone-code"] * 4]


async def test_starting_again_forgets_what_was_entered(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.come_to("email-code")
        await visitor.follow("Change the address")
        await visitor.press("Start over")

    *_, told = await walk(journey)
    assert (told.look.url, told.look.fields) == ("/signup", {"phone": ""})
    assert told.look.notice == "We’ve cleared what you entered. You can start over."


async def test_a_form_open_for_too_long_keeps_what_was_typed(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/signup/phone")
        await visitor.tab.page.context.clear_cookies()
        await visitor.give_phone()
        await visitor.press("Text me a code")

    _, refused, gone_on = await walk(journey)
    assert refused.posts == [403]
    assert refused.look.fields == {"phone": "+#"}
    assert refused.look.focus == "alert"
    assert "Turn on cookies for this site" in refused.look.alert
    assert gone_on.look.url == "/signup/phone-code"
    assert len(gone_on.messages) == 1


async def test_another_browser_takes_the_sign_up_over_by_the_number(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        person = visitor.person
        person.give_phone(visitor.phone)
        person.give_phone_code(visitor.phone)
        person.give_email(visitor.email)
        person.give_email_code(visitor.email)
        await visitor.open("/signup/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.give_password()

    assert places(await walk(journey))[-2:] == ["/signup/password", "/signup/done"]
