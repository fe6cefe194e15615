"""The screens of someone who has lost the phone."""

from collections.abc import AsyncIterator

from tests.journeys.visitor import Visitor
from tests.person import new_phone

DUE = """
UPDATE confirmation_requests SET due_at = clock_timestamp()
WHERE user_id = (SELECT id FROM users WHERE email = $1)
"""


async def lost_phone(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password="seven otters paint slowly")
    await visitor.tab.open("/account/confirm?without-phone")
    yield "account-without-phone"
    await visitor.press("Continue", password="not the right one")
    yield "account-without-phone-wrong"
    await visitor.press("Continue", password="seven otters paint slowly")
    yield "account-without-phone-code"
    await visitor.press("Continue", code=visitor.wrong_code(visitor.email))
    yield "account-without-phone-code-wrong"
    await visitor.press("Continue", code=visitor.code(visitor.email))
    await visitor.open("/account/phone")
    await visitor.press("Text me a code", phone=(new := new_phone()))
    await visitor.press("Continue", code=visitor.product.code_for(new))
    yield "account-delayed"


async def requested(visitor: Visitor) -> AsyncIterator[str]:
    """What is no change of a contact, without the phone."""
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password="seven otters paint slowly")
    await visitor.tab.open("/account/deletion")
    yield "account-deletion-without-phone"
    await visitor.tab.follow("I no longer have my phone")
    yield "account-without-phone-later"
    await visitor.press("Continue", password="seven otters paint slowly")
    await visitor.press("Continue", code=visitor.code(visitor.email))
    yield "account-requested"
    await visitor.tab.open("/account/confirm?without-phone&return_to=/account/deletion")
    yield "account-without-phone-waits"
    await visitor.sql(DUE, visitor.email)
    await visitor.reload()
    yield "account-without-phone-due"
    await visitor.tab.open("/account")
    yield "account-request-due"
    await visitor.tab.go(visitor.tab.page.locator("form[action$='/stop'] button"))
    yield "account-request-stopped"
