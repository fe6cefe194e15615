"""Twilio and Telnyx as they answer, with the first of them down in each way: one text each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from app.adapters.http_client import new_http_client
from app.adapters.postgres import Postgres
from app.domain.delivery.outbox import DeliveryOutcome, Message, State, claim_due, record_outcomes
from app.domain.delivery.senders import Senders
from app.domain.delivery.sending import MessageSender
from app.domain.ports import Text
from tests.adapters.samples import NUMBER, TEXT, texts_by_telnyx, texts_through
from tests.faults.dispatchers import LAPSE, DispatcherSetup, named, sending_by
from tests.standins import behaviour as acts
from tests.standins import fixtures
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn, rate_limited, refuse

twilio, telnyx = fixtures.twilio, fixtures.telnyx
WEBHOOK = "https://latchkey.example/webhooks/{}/status"


@dataclass
class Both:
    """One process with both, and their stand-ins."""

    setup: DispatcherSetup
    client: httpx.AsyncClient
    twilio: TwilioStandIn
    telnyx: TelnyxStandIn

    def sending(self, database: Postgres) -> MessageSender:
        first = texts_through(self.client, self.twilio, deadline=1.0)
        second = texts_by_telnyx(
            self.client, self.telnyx, webhook=WEBHOOK.format("telnyx"), deadline=1.0
        )
        senders = Senders(named("twilio", first), named("telnyx", second))
        return sending_by({Text: senders}, database, composed)

    async def try_once(self) -> DeliveryOutcome:
        async with self.setup.database() as database, database.connection() as connection:
            await self.setup.sql(LAPSE)
            [message] = await claim_due(connection, 1, 0, "twilio")
            outcome = await self.sending(database).send_message(message)
            await record_outcomes(connection, [outcome])
        return outcome

    async def die_while_sending(self, at: TwilioStandIn | TelnyxStandIn) -> None:
        """Killed between its request and the answer."""
        async with self.setup.database() as database, database.connection() as connection:
            [message] = await claim_due(connection, 1, 0, "twilio")
            sending = asyncio.create_task(self.sending(database).send_message(message))
            await asyncio.to_thread(at.wait_for, 1)
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    @property
    def taken(self) -> tuple[int, int]:
        return len(self.twilio.messages), len(self.telnyx.messages)


def composed(message: Message) -> Text:
    return Text(NUMBER, TEXT.body, TEXT.lifetime, reference=str(message.id))


@pytest.fixture
async def both(
    setup: DispatcherSetup, twilio: TwilioStandIn, telnyx: TelnyxStandIn
) -> AsyncIterator[Both]:
    await setup.queue(NUMBER)
    async with new_http_client(httpx.Timeout(5, read=0.5)) as client:
        yield Both(setup, client, twilio, telnyx)


@pytest.mark.parametrize(
    "act",
    [
        rate_limited(),
        rate_limited(3600),
        refuse(21611),
        refuse(20003),
        refuse(21606),
        refuse(63038),
        acts.answers(503, b"", **{"Retry-After": "1"}),
        acts.answers(503, b'{"code": 20503}'),
    ],
)
async def test_the_second_takes_it_at_once(both: Both, act: acts.Behaviour) -> None:
    both.twilio.script.always(act)
    assert (await both.try_once()).state is State.SENT
    assert both.taken == (0, 1)


async def test_a_refused_connection_is_as_good_as_a_busy_sender(both: Both) -> None:
    both.twilio.stop()
    assert (await both.try_once()).message.sender == "telnyx"
    both.twilio.start()
    assert both.taken == (0, 1)


@pytest.mark.parametrize("code", [21211, 21408, 21610, 21614])
async def test_a_no_for_good_reaches_nobody_else(both: Both, code: int) -> None:
    both.twilio.script.always(refuse(code))
    assert (await both.try_once()).state is State.REFUSED
    assert both.telnyx.requests == 0


@pytest.mark.parametrize("act", [acts.hang(), acts.http_500(), acts.html_502(), acts.drip_body()])
async def test_without_an_answer_the_first_is_asked_before(both: Both, act: acts.Behaviour) -> None:
    both.twilio.script.always(act)
    assert (await both.try_once()).state is State.QUEUED
    assert both.telnyx.requests == 0
    assert (await both.try_once()).state is State.SENT
    assert sum(both.taken) == 1


@pytest.mark.parametrize(
    "act", [acts.accept_then_hang(), acts.accept_then_500(), acts.delayed(2.0), acts.cut_body()]
)
async def test_what_the_first_took_without_an_answer_is_not_sent_again(
    both: Both, act: acts.Behaviour
) -> None:
    both.twilio.script.always(act)
    assert (await both.try_once()).state is State.QUEUED
    assert (await both.try_once()).provider_code == "found"
    assert (both.taken, both.telnyx.requests) == ((1, 0), 0)


async def test_while_the_first_cannot_be_asked_the_second_has_nothing(both: Both) -> None:
    both.twilio.script.always(acts.hang())
    both.twilio.lists.always(acts.hang())
    assert [(await both.try_once()).state for _ in range(2)] == [State.QUEUED, State.FAILED]
    assert both.telnyx.requests == 0


@pytest.mark.parametrize("first_is_down", [False, True])
async def test_a_kill_between_send_and_answer(both: Both, first_is_down: bool) -> None:
    holder = both.telnyx if first_is_down else both.twilio
    if first_is_down:
        both.twilio.script.always(rate_limited())
    holder.script.always(acts.accept_then_hang())
    await both.die_while_sending(holder)
    assert (await both.try_once()).provider_code == "found"
    assert sum(both.taken) == len(holder.messages) == 1


async def test_a_kill_before_telnyx_has_a_record_is_given_up_rather_than_sent_twice(
    both: Both,
) -> None:
    both.twilio.script.always(rate_limited())
    both.telnyx.script.always(acts.accept_then_hang())
    both.telnyx.records.always(acts.answers(200, b'{"data": []}'))
    await both.die_while_sending(both.telnyx)
    both.twilio.script.always(acts.ordinary())
    assert (await both.try_once()).state is State.FAILED
    assert both.taken == (0, 1)
