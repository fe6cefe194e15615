"""Every screen in every state it can be in, one group a step, for what looks at all of them."""

from collections.abc import AsyncIterator, Callable

from tests.journeys.visitor import Visitor

Group = Callable[[Visitor], AsyncIterator[str]]
EXPIRE = "UPDATE {} SET expires_at = clock_timestamp() - interval '1 second' WHERE flow_id IN (SELECT flow_id FROM phone_verifications WHERE phone = $1)"
BECAME = "UPDATE deliveries SET state = $2, reason = $3 WHERE destination = $1"


async def home(visitor: Visitor) -> AsyncIterator[str]:
    for path in ("/", "/signup", "/health", "/nowhere", "/dev/outbox"):
        await visitor.tab.open(path)
        yield path.strip("/").replace("/", "-") or "home"


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
    await visitor.press("Send the text again")
    yield "phone-code-sent-again"
    await visitor.press("Send the text again")
    yield "phone-code-again"
    await visitor.press("Continue", code="12 34")
    yield "phone-code-short"
    for tries in range(4, -1, -1):
        await visitor.press("Continue", code=visitor.wrong_code(visitor.phone))
        if tries in (4, 1, 0):
            yield f"phone-code-wrong-{tries}-left"
    await visitor.reload()
    yield "phone-code-locked"
    await visitor.follow("Use a different number")
    yield "phone-change"
    await visitor.give_phone("+61 491 570 156")
    await visitor.sql(EXPIRE.format("phone_verifications"), "+61491570156")
    await visitor.open("/signup/phone-code")
    yield "phone-code-expired"


async def email(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("email")
    yield "email"
    await visitor.press("Mail me a code", email="name at example.org")
    yield "email-bad"
    await visitor.press("Mail me a code", email="name.with.a.long.surname@gmial.com")
    yield "email-typo"


async def email_code(visitor: Visitor) -> AsyncIterator[str]:
    await visitor.come_to("email-code")
    yield "email-code"
    await visitor.press("Continue", code=visitor.wrong_code(visitor.email))
    yield "email-code-wrong"
    await visitor.follow("Use a different address")
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


GROUPS: tuple[Group, ...] = (home, phone, phone_code, email, email_code, password)
