"""Dispatchers at work on a database of their own, with a vendor who does as a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from app.adapters.postgres import Postgres
from app.domain.concurrency import Lazy
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.outbox import Message
from app.domain.delivery.senders import Sender, Senders
from app.domain.delivery.sending import Compose, MessageSender, OutcomeRecorder
from app.domain.errors import Unavailable
from app.domain.ports import Dependency, Email, SendOutcome, Sent, Text, TextMessages
from tests.stores import execute

QUEUE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', number, '10.0.0.1/32', '10.0.0.0/24',
  now() + interval '10 minutes'
FROM unnest($1::text[]) AS number
"""
AS_NOTICE = "UPDATE deliveries SET address = '', expires_at = now() + interval '7 days'"
LAPSE = "UPDATE deliveries SET next_try_at = now() - interval '1 second'"


@dataclass
class Vendor:
    """Of texts. Takes each, after a moment, and remembers it; but of lists it keeps none, or cannot
    look at it now (`busy`), or can and finds nothing there (`kept`), or what it took (`true`).
    """

    moment: float = 0.0  # seconds
    lists: Literal["none", "busy", "kept", "true"] = "none"
    trouble: SendOutcome | None = None  # instead of taking any
    taken: list[str] = field(default_factory=list)
    asked: int = 0

    async def send(self, text: Text) -> SendOutcome:
        if self.trouble:
            return self.trouble
        self.taken.append(text.to)
        await asyncio.sleep(self.moment)
        return Sent("SM\0" if text.to == "odd" else f"SM{text.to}")

    async def find(self, text: Text, age: timedelta) -> str | None:
        self.asked += 1
        if self.lists == "busy":
            raise Unavailable
        if self.lists == "true" and text.to in self.taken:
            return f"SM{text.to}"
        return None if self.lists == "none" else ""


class NoMail:
    async def send(self, email: Email) -> SendOutcome:
        raise AssertionError("nothing is mailed here")


def composed(message: Message) -> Text:
    if message.destination == "poison":
        raise ValueError("no template is for this")
    return Text(message.destination, "123456", timedelta(minutes=10))


def named(name: str, port: Any) -> Sender[Any]:
    return Sender(Lazy(lambda: port), Dependency(name, ""))


def sending_by(
    senders: dict[type, Senders[Any]], database: Postgres, compose: Compose
) -> MessageSender:
    return MessageSender(database, OutcomeRecorder(database), compose, senders)


@dataclass
class DispatcherSetup:
    """A database of its own, and dispatchers that work on it. `second` is whom texts go to when
    `vendor` does not take them, if anybody.
    """

    url: str
    vendor: Vendor = field(default_factory=Vendor)
    second: Vendor | None = None

    def senders(self) -> Senders[TextMessages]:
        """As one process has them."""
        second = (named("second", self.second),) if self.second else ()
        return Senders(named("first", self.vendor), *second)

    def sending(self, database: Postgres) -> MessageSender:
        return sending_by({Text: self.senders()}, database, composed)

    async def sql(self, statement: str, *args: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await execute(self.url, statement, *args)]

    async def queue(self, *numbers: str) -> None:
        await self.sql(QUEUE, numbers)

    async def queue_notice(self, number: str) -> None:
        await self.queue(number)
        await self.sql(AS_NOTICE)

    async def states(self) -> dict[object, object]:
        return dict(await self.sql("SELECT destination, state FROM deliveries"))

    async def until(self, state: str, *numbers: str) -> None:
        for _ in range(600):
            states = await self.states()
            if {states[number] for number in numbers} == {state}:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"not {state} within 30 s: {await self.states()}")

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Postgres]:
        database = Postgres(self.url)
        await database.open()
        yield database
        await database.close()

    @asynccontextmanager
    async def dispatcher(self) -> AsyncIterator[Dispatcher]:
        """Running; in the end it is closed, and has written down what it had in flight."""
        async with self.database() as database:
            mail = Senders(named("mail", NoMail()))
            dispatcher = Dispatcher(database, self.senders(), mail, composed)
            running = asyncio.create_task(dispatcher.run())
            yield dispatcher
            dispatcher.close()
            await asyncio.wait_for(running, 30)
