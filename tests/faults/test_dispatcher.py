"""The dispatcher against a real PostgreSQL: several at once, lost claims, outages and bugs."""

import asyncio

from app.domain.delivery.dispatcher import MOST, SWEEP
from app.domain.delivery.outbox import Settled, State, claim, settle
from tests.faults.desk import LAPSE, Desk


async def test_three_at_once_send_each_message_once(desk: Desk) -> None:
    numbers = [f"+{number}" for number in range(200)]
    await desk.queue(*numbers)
    async with desk.dispatcher(), desk.dispatcher(), desk.dispatcher():
        await desk.until("sent", *numbers)
    assert sorted(desk.vendor.taken) == sorted(numbers)


async def test_more_than_are_in_hand_at_once_do_not_wait_for_the_next_look(desk: Desk) -> None:
    numbers = [f"+{number}" for number in range(600)]
    await desk.queue(*numbers)
    async with desk.dispatcher():
        await desk.until("sent", *numbers)
    [[seconds]] = await desk.sql(
        "SELECT extract(epoch FROM max(updated_at) - min(updated_at)) FROM deliveries"
    )
    assert seconds < len(numbers) / MOST * SWEEP / 2


async def test_closing_finishes_what_is_in_hand_and_takes_no_more(desk: Desk) -> None:
    desk.vendor.moment = 0.5
    async with desk.dispatcher() as dispatcher:
        await desk.queue("in hand")
        dispatcher.wake()
        await desk.until("sending", "in hand")
        dispatcher.close()
        await desk.queue("too late")
    assert await desk.states() == {"in hand": "sent", "too late": "queued"}


async def test_one_that_cannot_be_sent_or_written_down_stops_no_other(desk: Desk) -> None:
    await desk.queue("poison", "odd", "+1", "+2")
    async with desk.dispatcher():
        await desk.until("sent", "+1", "+2")
    assert await desk.states() == {"poison": "failed", "odd": "sending", "+1": "sent", "+2": "sent"}
    await desk.sql(LAPSE + " WHERE destination = 'odd'")
    async with desk.dispatcher():
        await desk.until("failed", "odd")
    assert desk.vendor.taken.count("odd") == 1


async def test_a_lost_claim_has_nothing_to_say_but_that_it_was_sent(desk: Desk) -> None:
    await desk.queue("+1", "+2")
    async with desk.database() as database, database.connection() as connection:
        slow = await claim(connection, 9, 9)
        await desk.sql(LAPSE)
        fast = await claim(connection, 9, 9)
        assert [message.abandoned for message in slow + fast] == [False, False, True, True]
        await settle(connection, [Settled(message, State.QUEUED) for message in slow])
        assert set((await desk.states()).values()) == {"sending"}
        [one] = [message for message in slow if message.destination == "+1"]
        await settle(connection, [Settled(message, State.FAILED) for message in fast])
        await settle(connection, [Settled(one, State.SENT, "SM1")])
    assert await desk.states() == {"+1": "sent", "+2": "failed"}


async def test_each_channel_has_its_own_room(desk: Desk) -> None:
    await desk.queue(*[f"+{number}" for number in range(5)])
    async with desk.database() as database, database.connection() as connection:
        assert await claim(connection, 0, 9) == []
        assert len(await claim(connection, 2, 0)) == 2
        assert len(await claim(connection, 9, 9)) == 3


async def test_a_bug_is_told_and_does_not_end_it(desk: Desk) -> None:
    async with desk.dispatcher() as dispatcher:
        await desk.sql("ALTER TABLE deliveries RENAME TO elsewhere")
        await asyncio.sleep(1.2)  # until it looks again
        assert dispatcher.crash
        assert dispatcher.crash.name == "UndefinedTableError"
        stopped_at = dispatcher.looked_at
        await desk.sql("ALTER TABLE elsewhere RENAME TO deliveries")
        await desk.queue("+1")
        await desk.until("sent", "+1")
        assert dispatcher.looked_at > stopped_at
