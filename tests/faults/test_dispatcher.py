"""The dispatcher against a real PostgreSQL: several at once, lost claims, outages and bugs."""

import asyncio

from app.domain.delivery.outbox import DeliveryOutcome, State, claim_due, record_outcomes
from app.domain.delivery.receipts import Receipt, Receipts
from app.domain.delivery.senders import MOST
from app.domain.delivery.sending import SWEEP
from tests.faults.dispatchers import LAPSE, DispatcherSetup


async def test_three_at_once_send_each_message_once(setup: DispatcherSetup) -> None:
    numbers = [f"+{number}" for number in range(200)]
    await setup.queue(*numbers)
    async with setup.dispatcher(), setup.dispatcher(), setup.dispatcher():
        await setup.until("sent", *numbers)
    assert sorted(setup.vendor.taken) == sorted(numbers)


async def test_more_than_are_in_flight_at_once_do_not_wait_for_the_next_look(
    setup: DispatcherSetup,
) -> None:
    numbers = [f"+{number}" for number in range(600)]
    await setup.queue(*numbers)
    async with setup.dispatcher():
        await setup.until("sent", *numbers)
    [[seconds]] = await setup.sql(
        "SELECT extract(epoch FROM max(updated_at) - min(updated_at)) FROM deliveries"
    )
    assert seconds < len(numbers) / MOST * SWEEP / 2


async def test_closing_finishes_what_is_in_flight_and_takes_no_more(setup: DispatcherSetup) -> None:
    setup.vendor.moment = 0.5
    async with setup.dispatcher() as dispatcher:
        await setup.queue("in hand")
        await setup.until("sending", "in hand")
        dispatcher.close()
        await setup.queue("too late")
    assert await setup.states() == {"in hand": "sent", "too late": "queued"}


async def test_one_that_cannot_be_sent_or_written_down_stops_no_other(
    setup: DispatcherSetup,
) -> None:
    await setup.queue("poison", "odd", "+1", "+2")
    async with setup.dispatcher():
        await setup.until("sent", "+1", "+2")
    assert await setup.states() == {
        "poison": "failed",
        "odd": "sending",
        "+1": "sent",
        "+2": "sent",
    }
    await setup.sql(LAPSE + " WHERE destination = 'odd'")
    async with setup.dispatcher():
        await setup.until("failed", "odd")
    assert setup.vendor.taken.count("odd") == 1


async def test_a_lost_claim_has_nothing_to_say_but_that_it_was_sent(setup: DispatcherSetup) -> None:
    await setup.queue("+1", "+2")
    async with setup.database() as database, database.connection() as connection:
        slow = await claim_due(connection, 9, 9)
        await setup.sql(LAPSE)
        fast = await claim_due(connection, 9, 9)
        assert [message.abandoned for message in slow + fast] == [False, False, True, True]
        await record_outcomes(
            connection, [DeliveryOutcome(message, State.QUEUED) for message in slow]
        )
        assert set((await setup.states()).values()) == {"sending"}
        [one] = [message for message in slow if message.destination == "+1"]
        await record_outcomes(
            connection, [DeliveryOutcome(message, State.FAILED) for message in fast]
        )
        await record_outcomes(connection, [DeliveryOutcome(one, State.SENT, "SM1")])
    assert await setup.states() == {"+1": "sent", "+2": "failed"}


async def test_a_failure_that_is_told_before_the_answer_stays(setup: DispatcherSetup) -> None:
    await setup.queue("+1")
    async with setup.database() as database, database.connection() as connection:
        [message] = await claim_due(connection, 9, 9)
        failed = Receipt(str(message.id), "SM1", State.FAILED, None, "30003")
        await Receipts(database).record("sms", "first", [failed])
        await record_outcomes(connection, [DeliveryOutcome(message, State.SENT, "SM1")])
    assert await setup.states() == {"+1": "failed"}


async def test_each_channel_has_its_own_room(setup: DispatcherSetup) -> None:
    await setup.queue(*[f"+{number}" for number in range(5)])
    async with setup.database() as database, database.connection() as connection:
        assert await claim_due(connection, 0, 9) == []
        assert len(await claim_due(connection, 2, 0)) == 2
        assert len(await claim_due(connection, 9, 9)) == 3


async def test_those_with_the_least_time_left_go_out_first(setup: DispatcherSetup) -> None:
    """However long others have waited, and codes before notices."""
    numbers = [f"+{number}" for number in range(60)]
    await setup.queue(*numbers)
    await setup.sql(
        "UPDATE deliveries SET expires_at = now() + make_interval(mins => 1 + substr("
        "destination, 2)::int), next_try_at = now() - make_interval(mins => substr("
        "destination, 2)::int)"
    )
    await setup.sql("UPDATE deliveries SET address = '' WHERE destination IN ('+0', '+1')")
    claimed: list[str] = []
    async with setup.database() as database, database.connection() as connection:
        for _ in range(6):
            claimed += sorted(each.destination for each in await claim_due(connection, 10, 0))
    assert claimed[:10] == sorted(numbers[2:12])
    assert claimed == [
        *(number for n in range(2, 52, 10) for number in sorted(numbers[n : n + 10])),
        *sorted(["+52", "+53", "+54", "+55", "+56", "+57", "+58", "+59", "+1", "+0"]),
    ]


async def test_a_bug_is_told_and_does_not_end_it(setup: DispatcherSetup) -> None:
    async with setup.dispatcher() as dispatcher:
        await setup.sql("ALTER TABLE deliveries RENAME TO elsewhere")
        await asyncio.sleep(1.2)  # until it looks again
        assert dispatcher.crash
        assert dispatcher.crash.name == "UndefinedTableError"
        stopped_at = dispatcher.looked_at
        await setup.sql("ALTER TABLE elsewhere RENAME TO deliveries")
        await setup.queue("+1")
        await setup.until("sent", "+1")
        assert dispatcher.looked_at > stopped_at
