"""Every screen in every state it can be in, one group a step, for what looks at all of them.

They are asked of the product that makes people wait, since waiting is a state too.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from app.domain.delivery.send_limiter import ShortIdempotencyKey
from tests.crowd import wrong_codes
from tests.holder import PASSWORD
from tests.journeys.contact_screens import address_taken, without_address, without_number
from tests.journeys.lost_phone_screens import lost_phone, requested
from tests.journeys.price_screens import prices
from tests.journeys.visitor import Visitor
from tests.openid import authorize_url
from tests.owner import undo_path
from tests.person import new_email, new_phone

Group = Callable[[Visitor], AsyncIterator[str]]
EXPIRE = """
UPDATE {} SET expires_at = clock_timestamp() - interval '1 second'
WHERE flow_id IN (SELECT flow_id FROM phone_verifications WHERE phone = $1)
"""
UNUSED = "UPDATE users SET last_used_at = clock_timestamp() - interval '91 days' WHERE email = $1"
USED = "UPDATE users SET last_used_at = clock_timestamp() WHERE email = $1"
LINKED_LONG_AGO = """
UPDATE identities SET created_at = clock_timestamp() - interval '8 days'
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""
BECAME = "UPDATE deliveries SET state = $2, reason = $3 WHERE destination = $1"


async def home(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.give_phone(visitor.phone)
    visitor.person.give_phone_code(visitor.phone)
    visitor.person.give_email(f"{'a.long.name' * 4}.{visitor.email}")
    visitor.code(f"{'a.long.name' * 4}.{visitor.email}")
    for path in (
        "/",
        "/signup",
        "/status",
        "/health",
        "/nowhere",
        "/dev/outbox",
        "/problems/too_soon",
    ):
        await visitor.tab.open(path)
        yield path.strip("/").replace("/", "-") or "home"
    await visitor.tab.open(authorize_url(visitor.person.product))
    yield "dev-auth0"


async def phone(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.tab.open("/signup/phone")
    yield "phone"
    await visitor.press("Text me a code", phone="+44 20 7946 0018")
    yield "phone-landline"
    await visitor.press("Text me a code", phone="0612345678")
    yield "phone-country"


async def phone_code(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("phone-code")
    yield "phone-code"
    await visitor.sql(BECAME, visitor.phone, "refused", "opted_out")
    await visitor.reload()
    yield "phone-code-refused"
    await asyncio.sleep(1.1)
    await visitor.tab.press("Send the text again")
    yield "phone-code-sent-again"
    await asyncio.sleep(ShortIdempotencyKey.seconds + 0.1)
    await visitor.tab.press("Send the text again")
    yield "phone-code-too-soon"
    await visitor.sql(EXPIRE.format("phone_verifications"), visitor.phone)
    await visitor.tab.open("/signup/phone-code")
    yield "phone-code-expired"
    await visitor.tab.follow("Change the number")
    yield "phone-change"


async def wrong_code(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("phone-code")
    codes = wrong_codes(visitor.code(visitor.phone), 5)
    for tries, wrong in zip(range(4, -1, -1), codes, strict=True):
        if tries in (2, 0):
            await visitor.press("Continue", code=wrong)
            yield f"phone-code-wrong-{tries}-left"
        else:
            visitor.person.submit("/signup/phone-code", code=wrong)
    await visitor.tab.open("/signup/phone-code")
    yield "phone-code-locked"


async def email(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("email")
    yield "email"
    await visitor.press("E-mail me a code", email="name at example.org")
    yield "email-bad"
    await visitor.press("E-mail me a code", email="name.with.a.long.surname@gmial.com")
    yield "email-typo"


async def email_code(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("email-code")
    yield "email-code"
    await visitor.press("Continue", code=visitor.wrong_code(visitor.email))
    yield "email-code-wrong"
    await visitor.follow("Change the address")
    yield "email-change"
    await visitor.sql(EXPIRE.format("email_verifications"), visitor.phone)
    await visitor.open("/signup/email-code")
    yield "email-code-expired"


async def password(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("password")
    yield "password"
    await visitor.press("Create my account", password="password1234")
    yield "password-weak"
    await visitor.give_password()
    yield "done"


async def login(visitor: Visitor) -> AsyncIterator[str]:
    for path in ("/login", "/login/password", "/login/phone"):
        await visitor.tab.open(path)
        yield path.strip("/").replace("/", "-")
    await visitor.tab.open("/login/password")
    await visitor.tab.type("email", visitor.email)
    await visitor.tab.press("Sign in")
    yield "login-password-wrong"
    for _ in range(4):
        visitor.person.submit("/login/password", email=visitor.email, password="a wrong one")
    await visitor.tab.press("Sign in")
    yield "login-password-locked"
    await visitor.tab.open("/login/phone")
    await visitor.give_phone()
    yield "login-phone-code"


async def dormant(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.sql(UNUSED, visitor.email)
    await asyncio.sleep(1.1)
    await visitor.tab.open("/login/phone")
    await visitor.give_phone()
    await visitor.give_phone_code()
    yield "login-email-code"
    await visitor.press("Continue", code="1")
    yield "login-email-code-wrong"
    await visitor.sql(USED, visitor.email)
    await visitor.tab.press("Start a new account")
    yield "login-release-refused"
    await visitor.sql(UNUSED, visitor.email)
    await visitor.tab.press("Start a new account")
    yield "login-released"


async def account(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    for path in ("", "/sessions", "/activity", "/password", "/deletion", "/confirm"):
        await visitor.tab.open(f"/account{path}")
        yield f"account{path.replace('/', '-')}"
    await visitor.tab.press("Confirm")
    yield "account-confirm-wrong"
    await asyncio.sleep(1.1)
    await visitor.tab.press("Text me a code instead")
    yield "account-confirm-code"


async def contacts(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    await visitor.tab.open("/account/phone")
    yield "account-phone"
    await visitor.press("Text me a code", phone=visitor.phone)
    yield "account-phone-own"
    await visitor.press("Text me a code", phone=(new := new_phone()))
    yield "account-phone-code"
    await visitor.tab.open("/account/email")
    await visitor.press("E-mail me a code", email="name.with.a.long.surname@gmial.com")
    yield "account-email-typo"
    await visitor.press("E-mail me a code", email=f"{'a.long.name' * 4}.{new_email()}")
    yield "account-email-code"
    await visitor.tab.open("/account")
    yield "account-pending"
    await visitor.tab.open("/account/phone-code")
    await visitor.press("Continue", code=visitor.product.code_for(new))
    yield "account-changed"
    await visitor.tab.open("/account/deletion")
    yield "account-deletion-waits"
    await visitor.tab.open(undo_path(visitor.product, visitor.email))
    yield "undo"
    await visitor.tab.press("Undo the change")
    yield "undo-confirm"
    await visitor.press("Undo the change", password="not the right one")
    yield "undo-confirm-refused"
    await visitor.press("Text me a code instead")
    yield "undo-confirm-code"
    await visitor.press("Undo the change", password=PASSWORD)
    yield "undo-done"
    await visitor.reload()
    yield "undo-over"


async def recovery(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password="not the right one")
    yield "log-in-refused"
    await visitor.open("/recovery/email")
    yield "recovery-email"
    await visitor.press("E-mail me a code", email="name.with.a.long.surname@gmial.com")
    yield "recovery-email-typo"
    await visitor.press("E-mail me a code", email=visitor.email)
    yield "recovery-email-code"
    await visitor.press("Continue", code=visitor.wrong_code(visitor.email))
    yield "recovery-email-code-wrong"
    await visitor.give_email_code()
    yield "recovery-password"
    await visitor.press("Change my password", password="password1234")
    yield "recovery-password-weak"
    await visitor.press("Change my password", password="seven tidy otters juggle")
    yield "log-in-after-recovery"


async def auth0(visitor: Visitor) -> AsyncIterator[str]:
    for path in ("auth0-denied", "identity-provider-down"):
        await visitor.open(f"/auth0/failed/{path}?for=signup")
        yield f"auth0-{path}"
    await visitor.tab.open("/auth0/start?for=signup")
    await visitor.be(f"{'a.long.name' * 4}.{visitor.email}")
    yield "auth0-phone"
    await visitor.give_phone()
    yield "auth0-phone-code"
    await visitor.give_phone_code()
    yield "auth0-done"
    await visitor.open("/account/identities")
    yield "account-identities"
    await visitor.tab.go(visitor.tab.page.locator("main form[action$='/removal'] button"))
    yield "account-identities-last"
    await visitor.tab.page.route("**/authorize?*", lambda route: route.fulfill(status=204))
    await visitor.tab.press("Link another login")
    yield "auth0-leaving"
    await visitor.tab.open("/auth0/start?for=link")
    yield "auth0-start"
    await visitor.tab.open("/auth0/failed/auth0-not-linked?for=confirm")
    yield "auth0-not-linked"


async def undo_with_auth0(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    await visitor.open("/account/identities")
    await visitor.tab.press("Link single sign-on")
    await visitor.be(new_email())
    await visitor.sql(LINKED_LONG_AGO, visitor.email)
    await visitor.open("/account/phone")
    await visitor.press("Text me a code", phone=(new := new_phone()))
    await visitor.press("Continue", code=visitor.product.code_for(new))
    await visitor.tab.open(undo_path(visitor.product, visitor.email))
    await visitor.tab.press("Undo the change")
    yield "undo-confirm-auth0"
    # The page in between leads on by itself: there is nothing to look at.
    there = visitor.say("Confirm with single sign-on")
    await visitor.tab.page.get_by_role("button", name=there, exact=True).click()
    await visitor.be(new_email())
    yield "undo-auth0-refused"


async def brought_along(visitor: Visitor) -> AsyncIterator[str]:
    """An Auth0 sign-in that waits in a session which the number opened."""
    visitor.person.sign_up(visitor.phone, f"{'a.long.name' * 4}.{visitor.email}")
    await visitor.tab.open("/auth0/start?for=signup")
    await visitor.be(f"{'another.long.name' * 3}.{visitor.email}")
    await asyncio.sleep(1.1)  # the number was sent its first text a moment ago
    await visitor.give_phone()
    await visitor.give_phone_code()
    yield "signup-link"
    await visitor.press("Sign in and link single sign-on")
    yield "account-confirm-by-phone"
    await visitor.tab.press("E-mail me a code instead")
    yield "account-confirm-mailed"
    await visitor.tab.open("/account/identities")
    yield "account-identities-waiting"


GROUPS: tuple[Group, ...] = (
    home, phone, phone_code, wrong_code, email, email_code, password, login, dormant,
    without_number, without_address, address_taken, account, contacts, recovery, auth0,
    undo_with_auth0, brought_along, lost_phone, requested, prices,
)  # fmt: skip
