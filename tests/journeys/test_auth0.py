"""Journeys with Auth0 in a real browser: the same with scripts and without."""

from collections.abc import Callable, Iterator

import pytest

from tests.journeys.conftest import At, Visit, Walk
from tests.journeys.visitor import Noted, Visitor
from tests.standins.openid import OpenIdStandIn


@pytest.fixture(scope="module")
def abroad(with_settings: Callable[..., At]) -> Iterator[At]:
    with OpenIdStandIn() as openid:
        yield with_settings(**openid.environment)


def places(notes: list[Noted]) -> list[str]:
    return [note.look.url for note in notes]


async def to_auth0(
    visitor: Visitor, page: str = "/signup", link: str = "Continue with single sign-on"
) -> None:
    await visitor.open(page)
    await visitor.tab.follow(link)


async def test_sign_up_out_and_in_with_one_click(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await to_auth0(visitor)
        await visitor.be()
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.follow("Go to your account")
        await visitor.press("Sign out")
        await visitor.open("/login")
        await visitor.tab.follow("Continue with single sign-on Last used")
        await visitor.be()

    notes = await walk(journey)
    assert places(notes) == [
        "/signup", "/signup/phone", "/signup/phone-code", "/signup/done", "/account", "/",
        "/login", "/account",
    ]  # fmt: skip
    assert "Step 1 of 2" in notes[1].look.title
    assert [note.look.focus for note in notes[1:4]] == ["h1", "code", "h1"]
    assert len(notes[3].messages) == 1, "no code by mail"


async def test_an_address_that_is_not_verified_is_proved(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await to_auth0(visitor)
        await visitor.be("", "unverified")
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.press("E-mail me a code")
        await visitor.give_email_code()

    notes = await walk(journey)
    assert places(notes)[-3:] == ["/signup/email", "/signup/email-code", "/signup/done"]


async def test_cancelled_then_done_after_all(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await to_auth0(visitor, "/login")
        await visitor.be(answer="Cancel, as a person may")
        await visitor.tab.follow("Try again with single sign-on")
        await visitor.be()
        await visitor.reload()

    notes = await walk(journey)
    assert places(notes)[1:] == ["/auth0/failed/auth0-denied?for=login"] + ["/signup/phone"] * 2
    assert (notes[1].look.focus, notes[1].look.alert) == ("h1", "")


async def test_the_account_first_asked_for_comes_at_the_end(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        await visitor.open("/account/sessions")
        await visitor.tab.follow("Continue with single sign-on")
        await visitor.be()
        await visitor.open("/account/sessions")
        await visitor.give_phone()
        await visitor.give_phone_code()

    notes = await walk(journey)
    assert places(notes)[2] == "/signup/phone", "not in without the phone"
    assert places(notes)[-1] == "/account/sessions"


async def test_a_known_number_is_linked_and_the_link_removed(walk: Walk) -> None:
    async def journey(visitor: Visitor) -> None:
        visitor.person.sign_up(visitor.phone, f"other.{visitor.email}")
        await to_auth0(visitor)
        await visitor.be()
        await visitor.give_phone()
        await visitor.give_phone_code()
        await visitor.press("Sign in and link single sign-on")
        await visitor.press("Confirm", password="seven otters paint slowly")
        await visitor.press("Link it now")
        button = visitor.tab.page.locator("main form[action$='/removal'] button")
        await visitor.note(await visitor.tab.go(button))
        # The page in between leads on by itself: there is no moment to look at it.
        await visitor.tab.button("Link single sign-on").click()
        await visitor.be()

    notes = await walk(journey)
    confirm = "/account/confirm?return_to=/account/identities"
    assert places(notes)[3:6] == ["/signup/link", confirm, "/account/identities"]
    assert notes[6].look.notice == "You can now sign in with single sign-on."
    assert notes[7].look.notice == "That login no longer opens your account."
    assert places(notes)[-1] == "/account/identities"


async def test_linking_leads_to_a_provider_of_another_site(each_way: Visit, abroad: At) -> None:
    """The policy of our pages lets no form lead there, nor the redirect that answers one."""
    visitor = await each_way(at=abroad)
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    await visitor.tab.open("/account/identities")
    page, product = visitor.tab.page, visitor.product
    await visitor.tab.button("Link single sign-on").click()
    await page.wait_for_url(lambda url: url.startswith(product.env["AUTH0_ISSUER"] + "authorize?"))
    await page.go_back()
    assert page.url == f"{product.url}/account/identities"
