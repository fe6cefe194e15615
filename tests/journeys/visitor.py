"""A person with a phone, a mailbox and a browser, who writes down what every page shows."""

import asyncio
import re
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from tests.crowd import sql
from tests.journeys.tab import Look, Tab
from tests.journeys.words import Words
from tests.person import Person, new_email, new_phone
from tests.product import PATIENCE, Product

UNDER_WAY = """
SELECT count(*) AS n FROM deliveries
WHERE destination = ANY($1) AND state IN ('queued', 'sending')
"""


@dataclass(frozen=True)
class Noted:
    """A page, how each form so far was answered and the messages sent so far, without the digits in
    which two people differ.
    """

    look: Look
    posts: list[int]
    messages: list[str]


class Visitor:
    """`person` is the same one without a browser, for steps that are not what is looked at.
    `troubles` is what the browser complained of.
    """

    def __init__(
        self, tab: Tab, product: Product, troubles: list[str], words: Words | None = None
    ) -> None:
        self.tab, self.product, self.troubles, self._words = tab, product, troubles, words
        self.person = Person(product)
        if words:
            self.person.http.headers["accept-language"] = words.locale
        self.phone, self.email = new_phone(), new_email()
        self.notes: list[Noted] = []
        self._contacts = {self.phone, self.email}

    async def open(self, path: str) -> Look:
        return await self.note(await self.tab.open(path))

    async def press(self, button: str, **typed: str) -> Look:
        """Fills the fields, presses the button, notes what comes."""
        for field, text in typed.items():
            await self.tab.type(field, text)
        return await self.note(await self.tab.press(button))

    async def follow(self, link: str) -> Look:
        """Follows the link whose words begin so."""
        return await self.note(await self.tab.follow(link))

    async def back(self) -> Look:
        return await self.note(await self.tab.back())

    async def reload(self) -> Look:
        return await self.note(await self.tab.reload())

    def expect_to(self, contact: str) -> None:
        """From now on that is where this person gets codes."""
        self._contacts.add(contact)
        if "@" in contact:
            self.email = contact
        else:
            self.phone = contact

    async def give_phone(self, phone: str = "") -> Look:
        """Typed with spaces or without."""
        if phone:
            self.expect_to(phone.replace(" ", ""))
        return await self.press("Text me a code", phone=phone or self.phone)

    async def give_email(self, email: str = "") -> Look:
        if email:
            self.expect_to(email)
        return await self.press("E-mail me a code", email=self.email)

    async def give_phone_code(self) -> Look:
        return await self.press("Continue", code=self.code(self.phone))

    async def give_email_code(self) -> Look:
        return await self.press("Continue", code=self.code(self.email))

    async def give_password(self, password: str = "seven otters paint slowly") -> Look:
        return await self.press("Create my account", password=password)

    async def be(self, email: str = "", *ticks: str, answer: str = "Continue") -> Look:
        """At the provider of a developer's machine, whose page differs each time and is not noted:
        someone made up. Notes what that leads to.
        """
        page = self.tab.page
        await page.check("#person-new")
        await self.tab.type("email", email or self.email)
        for tick in ticks:
            await page.check(f"#{tick}")
        return await self.press(answer)

    async def come_to(self, step: str) -> Look:
        """That step, with those before it done."""
        person = self.person
        ways = [
            ("phone-code", lambda: person.give_phone(self.phone)),
            ("email", lambda: person.give_phone_code(self.phone)),
            ("email-code", lambda: person.give_email(self.email)),
            ("password", lambda: person.give_email_code(self.email)),
        ]
        for name, way in ways:
            way()
            if name == step:
                break
        await self.take_over()
        return await self.open(f"/signup/{step}")

    async def second_tab(self) -> Tab:
        return Tab(await self.tab.page.context.new_page(), self.product.url, self._words)

    async def take_over(self) -> None:
        """The browser goes on where the person without one is."""
        jar = self.person.http.cookies
        cookies: list[Any] = [
            {"name": name, "value": value, "url": self.product.url} for name, value in jar.items()
        ]
        await self.tab.page.context.add_cookies(cookies)

    @property
    def language(self) -> str:
        return self._words.locale[:2] if self._words else "en"

    def say(self, english: str) -> str:
        """In the language of the pages."""
        return self._words.translate(english)[0] if self._words else english

    def read(self, text: str) -> str:
        """In English."""
        return self._words.read(text) if self._words else text

    def code(self, to: str) -> str:
        """The newest code sent there; all that was sent has arrived when a page was noted."""
        return self.product.code_for(to)

    def wrong_code(self, to: str) -> str:
        right = self.code(to)
        return f"{(int(right) + 1) % 10 ** len(right):0{len(right)}}"

    async def sql(self, statement: str, *args: object) -> list[Any]:
        return await asyncio.to_thread(sql, self.product, statement, *args)

    async def note(self, look: Look) -> Look:
        fields = {name: _blank(value) for name, value in look.fields.items()}
        blank = replace(look, fields=fields, alert=_blank(look.alert))
        self.notes.append(Noted(blank, [*self.tab.posts], await self.messages()))
        return look

    async def messages(self) -> list[str]:
        """What was sent to this person, once nothing is under way any more: texts, then mails, each
        oldest first. Which of the two comes first is chance.
        """
        deadline = monotonic() + PATIENCE
        while (await self.sql(UNDER_WAY, list(self._contacts)))[0]["n"]:
            assert monotonic() < deadline, "a message stays under way"
            await asyncio.sleep(0.02)
        sent = [m for to in self._contacts for m in self.product.messages(to)]
        in_order = sorted(sent, key=lambda message: (message.kind != "text", message.sent_at))
        read = self._words.read_message if self._words else str
        return [_blank(f"{m.kind}: {read(m.subject or m.body)}") for m in in_order]


def _blank(text: str) -> str:
    return re.sub("[0-9]+", "#", text)
