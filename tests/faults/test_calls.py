"""Calls in the outbox: made once, asked about before a second try, and of no weight for texts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.domain.delivery.calls import Call
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.outbox import Message
from app.domain.delivery.senders import FAILURES, Senders
from app.domain.ports import SendOutcome, Sent, Text, Uncertain
from tests.faults.dispatchers import LAPSE, DispatcherSetup, NoMail, named

AS_CALLS = "UPDATE deliveries SET template = 'phone_call', state = $1, tries = tries + $2"
LEFT = "SELECT state, provider_id, provider_code FROM deliveries"


@dataclass
class Caller:
    """Rings each number, or has that `trouble`; finds what it is told to."""

    found: str = ""
    trouble: SendOutcome | None = None
    called: list[str] = field(default_factory=list)

    async def send(self, call: Call) -> SendOutcome:
        self.called.append(call.to)
        return self.trouble or Sent(f"CA{call.to}")

    async def find(self, call: Call, age: timedelta) -> str | None:
        return self.found


def composed(message: Message) -> Call | Text:
    if message.template == "phone_call":
        return Call(message.destination, "en", "1, 2")
    return Text(message.destination, "123456", timedelta(minutes=10))


@pytest.fixture
def caller() -> Caller:
    return Caller()


@asynccontextmanager
async def dispatching(setup: DispatcherSetup, caller: Caller | None) -> AsyncIterator[Dispatcher]:
    calls = Senders(named("first", caller)) if caller else None
    async with setup.database() as database:
        mail = Senders(named("mail", NoMail()))
        dispatcher = Dispatcher(database, setup.senders(), mail, composed, calls)
        running = asyncio.create_task(dispatcher.run())
        yield dispatcher
        dispatcher.close()
        await asyncio.wait_for(running, 30)


async def test_a_call_goes_to_who_calls_and_a_text_to_who_texts(
    setup: DispatcherSetup, caller: Caller
) -> None:
    await setup.queue("+1")
    await setup.sql(AS_CALLS, "queued", 0)
    await setup.queue("+2")
    async with dispatching(setup, caller):
        await setup.until("sent", "+1", "+2")
    assert (caller.called, setup.vendor.taken) == (["+1"], ["+2"])


@pytest.mark.parametrize(("found", "times"), [("CA1", 0), ("", 1)])
async def test_nobody_is_called_twice_by_a_crash_of_ours(
    setup: DispatcherSetup, caller: Caller, found: str, times: int
) -> None:
    caller.found = found
    await setup.queue("+1")
    await setup.sql(AS_CALLS, "sending", 1)
    await setup.sql(LAPSE)
    async with dispatching(setup, caller):
        await setup.until("sent", "+1")
    assert caller.called == ["+1"] * times
    assert await setup.sql(LEFT) == [("sent", found or "CA+1", "found" if found else None)]


async def test_a_call_without_an_answer_is_made_once_more_at_most(
    setup: DispatcherSetup, caller: Caller
) -> None:
    caller.trouble = Uncertain("ReadTimeout")
    await setup.queue("+1")
    await setup.sql(AS_CALLS, "queued", 0)
    async with dispatching(setup, caller):
        await setup.until("failed", "+1")
    assert caller.called == ["+1"] * 2


async def test_calls_that_fail_close_no_way_for_texts(
    setup: DispatcherSetup, caller: Caller
) -> None:
    caller.trouble = Uncertain("500")
    numbers = [f"+{number}" for number in range(FAILURES + 1)]
    await setup.queue(*numbers)
    await setup.sql(AS_CALLS, "queued", 0)
    async with dispatching(setup, caller) as dispatcher:
        await setup.until("failed", *numbers)
        assert not dispatcher.texts.next.breaker.tripped


async def test_where_nothing_calls_any_more_a_call_is_refused(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    await setup.sql(AS_CALLS, "queued", 0)
    async with dispatching(setup, None):
        await setup.until("refused", "+1")
    assert await setup.sql(LEFT) == [("refused", None, "no_calls")]
