"""What became of a message is kept, by tries and receipts, in the vendor's own words."""

import json
from typing import Any

from app.domain.delivery.outbox import (
    DeliveryOutcome,
    State,
    claim_due,
    outcome_of_send,
    record_outcomes,
)
from app.domain.delivery.receipts import Receipt, Receipts
from app.domain.metrics import DELIVERIES
from app.domain.ports import Reason, Refused, Sent, Unsent
from tests.faults.dispatchers import LAPSE, DispatcherSetup

MOST = 20
FILTERED = ("sms", "first", "", "refused")  # as metrics count it


async def history(setup: DispatcherSetup) -> list[dict[str, Any]]:
    [(steps,)] = await setup.sql("SELECT steps FROM deliveries")
    assert isinstance(steps, str)
    return json.loads(steps)


async def reference(setup: DispatcherSetup) -> str:
    [(found,)] = await setup.sql("SELECT id::text FROM deliveries")
    return str(found)


def kept(steps: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(step["state"], step["code"], step["reason"], step["words"]) for step in steps]


async def test_each_try_is_a_step(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    setup.vendor.trouble = Unsent("503", 0.0, "overloaded")
    async with setup.dispatcher():
        await setup.until("queued", "+1")
        for _ in range(2):
            while len(await history(setup)) <= _:
                await setup.sql(LAPSE)
        setup.vendor.trouble = None
        await setup.sql(LAPSE)
        await setup.until("sent", "+1")
    told = kept(await history(setup))
    assert set(told) == {("queued", "503", None, "overloaded")}
    assert len(told) >= 2
    assert await setup.sql("SELECT sent_at IS NOT NULL, provider_id FROM deliveries") == [
        (True, "SM+1")
    ]


async def test_the_words_of_a_refusal_are_kept_and_are_no_trouble_of_the_vendor(
    setup: DispatcherSetup,
) -> None:
    await setup.queue("+1")
    setup.vendor.trouble = Refused(Reason.OPTED_OUT, "21610", "unsubscribed recipient")
    async with setup.dispatcher() as dispatcher:
        await setup.until("refused", "+1")
    expected = ("refused", "21610", "opted_out", "unsubscribed recipient")
    assert kept(await history(setup)) == [expected]
    assert dispatcher.texts.next.breaker.words == ""


async def test_a_receipt_is_a_step_that_says_so_and_a_repeat_is_none(
    setup: DispatcherSetup,
) -> None:
    await setup.queue("+1")
    async with setup.database() as database:
        async with database.connection() as connection:
            [message] = await claim_due(connection, 9, 9)
            await record_outcomes(connection, [outcome_of_send(message, Sent("SM1"))])
        receipt = Receipt(
            await reference(setup), "SM1", State.REFUSED, Reason.FILTERED, "30007", words="spam"
        )
        before = DELIVERIES.read(*FILTERED)
        for _ in range(2):
            await Receipts(database).record("sms", "first", [receipt])
    [step] = await history(setup)
    assert kept([step]) == [("refused", "30007", "filtered", "spam")]
    assert DELIVERIES.read(*FILTERED) == before + 1
    assert step["receipt"] is True


async def test_the_first_step_and_the_newest_are_kept(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    async with setup.database() as database, database.connection() as connection:
        for n in range(MOST + 5):
            await setup.sql(LAPSE)
            [message] = await claim_due(connection, 9, 9)
            outcome = DeliveryOutcome(message, State.QUEUED, None, str(n))
            await record_outcomes(connection, [outcome])
    assert [step["code"] for step in await history(setup)] == ["0", *map(str, range(6, MOST + 5))]


async def test_one_that_was_taken_back_is_told_as_sent_where_a_receipt_says_so(
    setup: DispatcherSetup,
) -> None:
    await setup.queue("+1")
    await setup.sql("UPDATE deliveries SET state = 'cancelled'")
    async with setup.database() as database:
        delivered = Receipt(await reference(setup), "SM1", State.DELIVERED)
        await Receipts(database).record("sms", "first", [delivered])
    assert await setup.states() == {"+1": "delivered"}
