"""Journeys of people who forgot their password: the same with scripts and without."""

from tests.holder import PASSWORD
from tests.journeys.conftest import Visit, Walk
from tests.journeys.visitor import Noted, Visitor
from tests.person import Person
from tests.recovering import NEW_PASSWORD

CHANGED = "Password changed. Sign in with the new one."
OTHER = "eight quiet herons paddle"
STEPS = [f"/recovery/{step}" for step in ("email", "email-code", "password")]


def places(notes: list[Noted]) -> list[str]:
    return [note.look.url for note in notes]


async def come_to_password(visitor: Visitor) -> None:
    """Someone with an account who has proved its address."""
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/recovery/email")
    await visitor.give_email()
    await visitor.give_email_code()


async def test_who_forgot_the_password_signs_in_with_a_new_one(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, visitor.email)
        await visitor.open("/login")
        await visitor.follow("Use my e-mail")
        await visitor.follow("Forgot your password?")
        await visitor.give_email()
        await visitor.give_email_code()
        await visitor.press("Change my password", password=NEW_PASSWORD)
        await visitor.press("Sign in", email=visitor.email, password=NEW_PASSWORD)

    notes = await walk(journey)
    assert places(notes)[2:] == [*STEPS, "/login/password", "/account"]
    focus = ["h1", "h1", "h1", "code", "h1", "password", "h1"]
    assert [note.look.focus for note in notes] == focus
    assert (notes[-2].look.notice, notes[-1].posts) == (CHANGED, [303] * 4)


async def test_both_contacts_are_told_of_the_new_password(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await come_to_password(visitor)
        await visitor.press("Change my password", password=NEW_PASSWORD)

    *_, changed = await walk(journey)
    assert [message[:40] for message in changed.messages[1:]] == [
        "text: Your Latchkey password was changed",
        *["mail: # is your Latchkey code"] * 2,
        "mail: Your Latchkey password was changed",
    ]


async def test_a_refused_sign_in_carries_the_address_over(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, visitor.email)
        await visitor.open("/login/password")
        await visitor.press("Sign in", email=visitor.email, password="not the right one")
        await visitor.press("Forgot it? E-mail me a code")
        await visitor.give_email_code()

    _, refused, asked, proved = await walk(journey)
    assert refused.posts == [422]
    assert (asked.look.url, asked.look.focus) == ("/recovery/email-code", "code")
    assert proved.look.url == "/recovery/password"


async def test_enter_in_a_refused_sign_in_signs_in(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, visitor.email)
        await visitor.open("/login/password")
        await visitor.press("Sign in", email=visitor.email, password="not the right one")
        await visitor.tab.type("password", PASSWORD)
        await visitor.note(await visitor.tab.enter())

    assert places(await walk(journey))[-1] == "/account"


async def test_an_address_nobody_has_looks_the_same_and_is_told_by_mail(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/recovery/email")
        await visitor.give_email()
        await visitor.press("Continue", code="12345678")

    _, asked, refused = await walk(journey)
    assert asked.look.url == "/recovery/email-code"
    assert asked.messages == ["mail: There is no Latchkey account with this address"]
    assert refused.posts == [303, 422]
    assert "That isn’t the code we sent." in refused.look.alert


async def test_a_weak_password_is_refused_and_a_good_one_taken(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await come_to_password(visitor)
        await visitor.press("Change my password", password="password1234")
        await visitor.press("Change my password", password=NEW_PASSWORD)

    *_, refused, changed = await walk(journey)
    assert (refused.posts[-1], refused.look.focus) == (422, "password")
    assert refused.look.fields["password"] == ""
    assert changed.look.url == "/login/password"


async def test_the_address_can_be_changed_on_the_way(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, visitor.email)
        right = visitor.email
        await visitor.open("/recovery/email")
        await visitor.give_email(f"not.{right}")
        look = await visitor.follow("Change the address")
        assert look.fields["email"] == f"not.{right}"
        await visitor.give_email(right)
        await visitor.give_email_code()

    assert places(await walk(journey))[2:] == [
        "/recovery/email?change",
        "/recovery/email-code",
        "/recovery/password",
    ]


async def test_back_and_reloads_repeat_nothing(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await come_to_password(visitor)
        await visitor.back()
        await visitor.press("Change my password", password=NEW_PASSWORD)
        await visitor.reload()
        await visitor.back()

    *_, back, changed, reloaded, end = await walk(journey)
    assert back.look.url == "/recovery/password"
    assert (changed.look.notice, reloaded.look.notice) == (CHANGED, "")
    assert (changed.look.focus, reloaded.look.focus) == ("password", "h1")
    assert "password" not in end.look.url.removeprefix("/login/password")
    assert end.posts == [303] * 3
    assert end.messages == changed.messages


async def test_of_two_tabs_the_second_learns_what_the_first_did(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await come_to_password(visitor)
        second = await visitor.second_tab()
        await second.open("/recovery/password")
        await visitor.press("Change my password", password=NEW_PASSWORD)
        await second.type("password", OTHER)
        await visitor.note(await second.press("Change my password"))
        await visitor.press("Sign in", email=visitor.email, password=NEW_PASSWORD)

    *_, told, signed_in = await walk(journey)
    assert told.look.url == "/login/password"
    assert told.look.notice == "Your password was changed in another tab. Sign in with that."
    assert signed_in.look.url == "/account"


async def test_another_browser_that_was_signed_in_is_out_at_its_next_page(each_way: Visit) -> None:
    visitor, other = await each_way(), await each_way()
    other.person.sign_up(visitor.phone, visitor.email)
    await other.take_over()
    assert (await other.open("/account")).url == "/account"
    visitor.person = Person(visitor.product)
    await visitor.open("/recovery/email")
    await visitor.give_email()
    await visitor.give_email_code()
    await visitor.press("Change my password", password=NEW_PASSWORD)
    assert (await other.reload()).url == "/login?return_to=/account"
