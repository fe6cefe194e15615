"""The screens of accounts that have lost a number or an address."""

from collections.abc import AsyncIterator

from tests.holder import PASSWORD
from tests.journeys.visitor import Visitor
from tests.owner import undo_path
from tests.person import Person, new_email, new_phone

NO_ADDRESS = "UPDATE users SET email = NULL WHERE email = $1"
NO_NUMBER = "UPDATE users SET phone = NULL WHERE email = $1"
RECOVERED = "UPDATE users SET password_reset_at = clock_timestamp() WHERE email = $1"


async def without_number(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    await visitor.sql(NO_NUMBER, visitor.email)
    for path in ("", "/phone"):
        await visitor.tab.open(f"/account{path}")
        yield f"account-without-number{path.replace('/', '-')}"
    await visitor.sql(RECOVERED, visitor.email)
    await visitor.tab.page.context.clear_cookies()
    await visitor.open("/login/password")
    await visitor.press("Sign in", email=visitor.email, password=PASSWORD)
    await visitor.tab.open("/account/confirm")
    yield "account-without-number-confirm-later"


async def without_address(visitor: Visitor) -> AsyncIterator[str]:
    visitor.person.sign_up(visitor.phone, visitor.email)
    await visitor.take_over()
    await visitor.sql(NO_ADDRESS, visitor.email)
    for path in ("", "/email", "/password"):
        await visitor.tab.open(f"/account{path}")
        yield f"account-without-address{path.replace('/', '-')}"
    await visitor.tab.page.context.clear_cookies()
    await visitor.open("/login/phone")
    await visitor.press("Text me a code", phone=visitor.phone)
    await visitor.press("Continue", code=visitor.code(visitor.phone))
    await visitor.tab.open("/account/confirm")
    yield "account-without-address-confirm"


async def address_taken(visitor: Visitor) -> AsyncIterator[str]:
    """An address was changed, and the one from before is someone else's by now."""
    visitor.person.sign_up(visitor.phone, visitor.email)
    visitor.person.submit("/account/email", email=(theirs := new_email()))
    visitor.person.submit("/account/email-code", code=visitor.product.code_for(theirs))
    Person(visitor.product).sign_up(new_phone(), visitor.email)
    await visitor.tab.open(undo_path(visitor.product, visitor.email))
    yield "undo-taken"
    await visitor.tab.press("Undo the change")
    await visitor.press("Undo the change", password=PASSWORD)
    yield "undo-taken-done"
