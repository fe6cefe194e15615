"""Journeys of people who have an account, in a real browser: the same with scripts and without."""

import re

from tests.dormant import UNUSED
from tests.holder import PASSWORD
from tests.journeys.conftest import Visit, Walk
from tests.journeys.visitor import Visitor
from tests.person import new_email


async def holder(visitor: Visitor, *, signed_in: bool = False) -> None:
    """An account, made without the browser; `signed_in` is whether the browser is."""
    visitor.person.sign_up(visitor.phone, visitor.email)
    if signed_in:
        await visitor.take_over()


async def test_a_phone_code_signs_in(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor)
        await visitor.open("/")
        await visitor.follow("Sign in")
        await visitor.give_phone()
        await visitor.give_phone_code()

    notes = await walk(journey)
    assert [note.look.focus for note in notes] == ["h1", "h1", "code", "h1"]
    assert (notes[-1].look.url, notes[-1].look.heading) == ("/account", "Your account")
    assert notes[-1].posts == [303, 303]
    assert notes[-1].messages[-1] == "mail: New sign-in to your account"


async def test_a_password_signs_in_after_a_wrong_one(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor)
        await visitor.open("/login")
        await visitor.follow("Use my e-mail and password")
        await visitor.press("Sign in", email=visitor.email, password="not the right one")
        await visitor.press("Sign in", password=PASSWORD)

    notes = await walk(journey)
    refused = notes[2].look
    assert (refused.focus, refused.fields["password"]) == ("alert", "")
    assert "isn’t right" in refused.alert
    assert (notes[-1].look.url, notes[-1].posts) == ("/account", [422, 303])


async def test_an_unknown_number_goes_on_at_the_sign_up(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/login/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()

    notes = await walk(journey)
    assert notes[-1].look.url == "/signup/email"


async def test_back_after_signing_out_shows_nothing(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor, signed_in=True)
        await visitor.open("/account/sessions")
        await visitor.follow("Back to your account")
        await visitor.press("Sign out")
        await visitor.back()

    _, _, out, back = await walk(journey)
    assert (out.look.url, out.look.notice) == ("/", "You’re signed out.")
    assert back.look.url.startswith("/login")
    assert back.look.fields == {"phone": ""}


async def test_the_page_that_asked_comes_after_signing_in(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor)
        await visitor.open("/account/sessions")
        await visitor.follow("Use my e-mail and password")
        await visitor.press("Sign in", email=visitor.email, password=PASSWORD)

    notes = await walk(journey)
    assert notes[0].look.url == "/login?return_to=/account/sessions"
    assert notes[-1].look.url == "/account/sessions"


async def signed_in_twice(each_way: Visit) -> tuple[Visitor, Visitor]:
    """Here, at the list of sessions, and there."""
    here, there = await each_way(), await each_way()
    await holder(here, signed_in=True)
    await there.open("/login/password")
    await there.press("Sign in", email=here.email, password=PASSWORD)
    await here.open("/account/sessions")
    return here, there


async def test_another_browser_is_out_at_its_next_request(each_way: Visit) -> None:
    here, there = await signed_in_twice(each_way)
    ended = await here.press("Sign out everywhere else")
    assert ended.notice == "All other sessions have ended."
    assert (await there.reload()).url == "/login?return_to=/account"
    assert (await here.open("/account")).url == "/account"


async def test_one_session_alone_can_be_ended(each_way: Visit) -> None:
    here, there = await signed_in_twice(each_way)
    name = re.compile("^(End this session|Diese Sitzung beenden).*, (last used|zuletzt benutzt)")
    other = here.tab.page.get_by_role("button", name=name)
    ended = await here.note(await here.tab.go(other))
    assert ended.notice == "That session has ended."
    assert (await there.reload()).url == "/login?return_to=/account"
    assert (await here.open("/account")).url == "/account"


async def test_two_tabs_of_one_browser_are_one_session(each_way: Visit) -> None:
    visitor = await each_way()
    await holder(visitor, signed_in=True)
    await visitor.open("/account")
    other = await visitor.second_tab()
    await other.open("/account/sessions")
    await visitor.press("Sign out")
    assert (await other.follow("Back to your account")).url == "/login?return_to=/account"


async def test_a_new_password_after_a_fresh_proof(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor, signed_in=True)
        await visitor.open("/account")
        await visitor.sql("UPDATE sessions SET authenticated_at = now() - interval '1 hour'")
        await visitor.follow("Change your password")
        await visitor.press("Confirm", password=PASSWORD)
        await visitor.press("Change my password", password="short")
        await visitor.press("Change my password", password="seven grey otters swim")

    notes = await walk(journey)
    assert notes[1].look.heading == "Confirm it’s you"
    assert notes[2].look.heading == "Change your password"
    assert notes[3].look.focus == "password"
    assert notes[4].look.notice.startswith("Password changed.")
    assert notes[4].messages[-1] == "mail: Your password was changed"


async def test_the_account_can_be_left_for_good(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor, signed_in=True)
        await visitor.open("/account")
        await visitor.follow("Delete your account")
        await visitor.press("Delete my account for good")
        await visitor.open("/account")

    _, said, gone, out = await walk(journey)
    assert said.look.heading == "Delete your account"
    assert (gone.look.url, gone.look.notice) == ("/", "Your account was deleted.")
    assert out.look.url == "/login?return_to=/account"


async def test_the_number_of_a_dormant_account_starts_a_new_one(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await holder(visitor)
        await visitor.sql(UNUSED, visitor.email, 91)
        await visitor.open("/login/phone")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.press("Start a new account")
        await visitor.give_email(new_email())
        await visitor.give_email_code()
        await visitor.give_password()

    notes = await walk(journey)
    urls = ["/login/email-code", "/signup/email", "/signup/email-code", "/signup/password"]
    assert [note.look.url for note in notes[2:6]] == urls
    assert [note.look.focus for note in notes[2:6]] == ["code", "h1", "code", "h1"]
    assert notes[-1].look.heading == "Your account is ready"
