"""Changing number and address in a real browser, and undoing it: with scripts and without, and in
German under another brand.
"""

from collections.abc import Awaitable, Callable

import pytest

from tests.holder import PASSWORD
from tests.journeys.visitor import Visitor
from tests.owner import CONTACTS, spoken, undo_path
from tests.person import new_email, new_phone

SignedIn = Callable[[], Awaitable[Visitor]]
WAYS = {
    "phone": ("Change your phone number", "Text me a code", "Cancel the change of your number"),
    "email": (
        "Change your e-mail address",
        "E-mail me a code",
        "Cancel the change of your e-mail address",
    ),
}
NEW = {"phone": new_phone, "email": new_email}


@pytest.fixture
def signed_in(each_way: SignedIn) -> SignedIn:
    """Makes someone who looks at their account."""

    async def make() -> Visitor:
        visitor = await each_way()
        visitor.person.sign_up(visitor.phone, visitor.email)
        await visitor.take_over()
        await visitor.open("/account")
        return visitor

    return make


async def held(visitor: Visitor, *new: str) -> list[tuple[str, str]]:
    """Phone and e-mail of whoever has what this person had, or what is new."""
    rows = await visitor.sql(CONTACTS, [visitor.phone, visitor.email, *new])
    return [tuple(row) for row in rows]


async def named(visitor: Visitor, kind: str) -> str:
    """A new number or address, which waits for its code."""
    link, button, _ = WAYS[kind]
    old, new = (visitor.phone, visitor.email), NEW[kind]()
    form = await visitor.follow(link)
    assert (form.url, form.focus) == (f"/account/{kind}", "h1")
    visitor.expect_to(new)
    code_page = await visitor.press(button, **{kind: new})
    visitor.phone, visitor.email = old
    assert (code_page.url, code_page.focus) == (f"/account/{kind}-code", "code")
    return new


@pytest.mark.parametrize("kind", WAYS)
async def test_a_change_is_proved_and_told(signed_in: SignedIn, kind: str) -> None:
    visitor = await signed_in()
    new = await named(visitor, kind)
    wrong = await visitor.press("Continue", code=visitor.wrong_code(new))
    assert "That isn’t the code we sent." in wrong.alert
    assert wrong.focus == "code"
    done = await visitor.press("Continue", code=visitor.code(new))
    what = "Number" if kind == "phone" else "E-mail address"
    assert (done.url, done.notice) == ("/account", f"{what} changed.")
    assert spoken(new) in await visitor.tab.page.inner_text("dl")
    assert (await visitor.reload()).notice == ""
    assert visitor.tab.posts == [303, 422, 303]


@pytest.mark.parametrize("kind", WAYS)
async def test_a_pending_change_is_shown_sent_again_and_cancelled(
    signed_in: SignedIn, kind: str
) -> None:
    visitor = await signed_in()
    new, before = await named(visitor, kind), await held(visitor)
    await visitor.follow("Back to your account")
    assert spoken(new) in await visitor.tab.page.inner_text("section")
    what = "number" if kind == "phone" else "e-mail address"
    again = await visitor.press(f"Send again the code for your new {what}")
    assert (again.url, again.notice) == (f"/account/{kind}-code", "We sent the code again.")
    await visitor.follow("Back to your account")
    assert (await visitor.follow("Enter the code")).url == f"/account/{kind}-code"
    await visitor.follow("Back to your account")
    gone = await visitor.press(WAYS[kind][2])
    assert (gone.url, gone.notice) == ("/account", "Change cancelled. Nothing was changed.")
    assert await visitor.tab.page.locator("section").count() == 0
    assert (await visitor.open(f"/account/{kind}-code")).url == "/account"
    assert await held(visitor, new) == before


@pytest.mark.parametrize("kind", WAYS)
async def test_the_link_of_the_mail_undoes_it(signed_in: SignedIn, kind: str) -> None:
    visitor = await signed_in()
    new, before = await named(visitor, kind), await held(visitor)
    await visitor.press("Continue", code=visitor.code(new))
    page = await visitor.open(undo_path(visitor.product, visitor.email))
    assert page.heading.startswith("Undo the change of your")
    assert await held(visitor, new) != before
    asked = await visitor.press("Undo the change")
    assert asked.heading == "Confirm that the account was yours"
    assert await held(visitor, new) != before
    done = await visitor.press("Undo the change", password=PASSWORD)
    assert (done.heading, done.notice) == ("The change was undone", "Change undone.")
    assert await held(visitor, new) == before
    again = await visitor.reload()
    assert (again.heading, again.alert) == ("The change was undone", "")
    assert "It’s already undone." in visitor.read(await visitor.tab.page.inner_text("p.lede"))
    assert (await visitor.open("/account")).url == "/login?return_to=/account"


async def test_a_slip_in_the_address_is_asked_about(signed_in: SignedIn) -> None:
    visitor = await signed_in()
    typed = new_email().replace("example.org", "gmial.com")
    await visitor.open("/account/email")
    asked = await visitor.press("E-mail me a code", email=typed)
    assert asked.focus == "alert"
    meant = await visitor.press(f"Yes, use {typed.replace('gmial', 'gmail')}")
    assert meant.url == "/account/email-code"


async def test_a_double_click_on_the_code_changes_once_and_says_so(signed_in: SignedIn) -> None:
    visitor = await signed_in()
    new = await named(visitor, "phone")
    await visitor.tab.type("code", visitor.code(new))
    await visitor.tab.mark()
    await visitor.tab.button("Continue").dblclick(no_wait_after=True)
    look = await visitor.tab.arrived()
    assert (look.url, look.notice) == ("/account", "Number changed.")
