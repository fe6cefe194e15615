"""Two senders of texts: the second has what the first surely did not take, and nothing else."""

import asyncio
import json
from dataclasses import replace

import pytest

from app.domain.delivery import senders
from app.domain.delivery.outbox import DeliveryOutcome, State, claim_due, record_outcomes
from app.domain.delivery.receipts import Receipt, Receipts
from app.domain.delivery.senders import FAILURES
from app.domain.delivery.sending import MessageSender
from app.domain.ports import Reason, Refused, Text, Uncertain, Unsent
from tests.faults.dispatchers import LAPSE, DispatcherSetup, Vendor, composed, sending_by

NOT_TAKEN = [
    Unsent("ConnectError"),
    Unsent("20429", 3600.0),
    Unsent("503"),
    Refused(Reason.MISCONFIGURED, "20003"),
]
FOR_GOOD = [reason for reason in Reason if reason is not Reason.MISCONFIGURED]
ROW = "SELECT state, sender, provider_id, uncertain FROM deliveries"


@pytest.fixture
def two(setup: DispatcherSetup) -> DispatcherSetup:
    setup.second = Vendor(lists="true")
    setup.vendor.lists = "true"
    return setup


def taken_by(two: DispatcherSetup) -> tuple[list[str], list[str]]:
    assert two.second
    return two.vendor.taken, two.second.taken


async def sent_once(two: DispatcherSetup, sending: MessageSender | None = None) -> DeliveryOutcome:
    """What becomes of the message that is due, in one try, as it is written down."""
    async with two.database() as database, database.connection() as connection:
        await two.sql(LAPSE)
        [message] = await claim_due(connection, 1, 0, "first")
        outcome = await (sending or two.sending(database)).send_message(message)
        await record_outcomes(connection, [outcome])
    return outcome


@pytest.mark.parametrize("trouble", NOT_TAKEN, ids=str)
async def test_what_the_first_did_not_take_goes_to_the_second(
    two: DispatcherSetup, trouble: Unsent | Refused
) -> None:
    await two.queue("+1")
    two.vendor.trouble = trouble
    await sent_once(two)
    assert taken_by(two) == ([], ["+1"])
    assert await two.sql(ROW) == [("sent", "second", "SM+1", 0)]
    [(steps,)] = await two.sql("SELECT steps FROM deliveries")
    [step] = json.loads(str(steps))
    assert (step["sender"], step["code"]) == ("first", trouble.provider_code)


@pytest.mark.parametrize("reason", FOR_GOOD)
async def test_a_no_for_good_is_one_to_all(two: DispatcherSetup, reason: Reason) -> None:
    await two.queue("+1")
    two.vendor.trouble = Refused(reason, "21211")
    assert (await sent_once(two)).state is State.REFUSED
    assert taken_by(two) == ([], [])


@pytest.mark.parametrize("lists", ["none", "busy"])
async def test_what_the_first_may_have_taken_stays_with_it(
    two: DispatcherSetup, lists: str
) -> None:
    """It goes out once more by the same, and then nobody has it again."""
    await two.queue("+1")
    two.vendor.trouble, two.vendor.lists = Uncertain("ReadTimeout"), lists
    assert [(await sent_once(two)).state for _ in range(2)] == [State.QUEUED, State.FAILED]
    assert taken_by(two) == ([], [])
    two.vendor.trouble = None
    await two.queue("+2")
    async with two.dispatcher():
        await two.until("sent", "+2")
    assert taken_by(two) == (["+2"], [])


@pytest.mark.parametrize("lists", ["none", "busy"])
async def test_what_the_second_may_have_does_not_go_back_to_the_first(
    two: DispatcherSetup, lists: str
) -> None:
    await two.queue("+1")
    assert two.second
    two.vendor.trouble = Unsent("ConnectError")
    two.second.trouble, two.second.lists = Uncertain("ReadTimeout"), lists
    await sent_once(two)
    two.vendor.trouble = two.second.trouble = None
    assert (await sent_once(two)).state is State.SENT
    assert taken_by(two) == ([], ["+1"])


async def test_once_the_first_says_that_it_has_nothing_the_second_may_have_it(
    two: DispatcherSetup,
) -> None:
    await two.queue("+1")
    two.vendor.trouble = Uncertain("ReadTimeout")
    await sent_once(two)
    two.vendor.trouble = None
    assert (await sent_once(two)).state is State.SENT
    assert taken_by(two) == ([], ["+1"]), "which answers at this moment"
    assert two.vendor.asked == 1


async def test_what_the_first_has_taken_is_found_there(two: DispatcherSetup) -> None:
    await two.queue("+1")
    two.vendor.trouble = Uncertain("ReadTimeout")
    await sent_once(two)
    two.vendor.taken.append("+1")  # without an answer
    assert (await sent_once(two)).provider_code == "found"
    assert taken_by(two) == (["+1"], [])
    assert await two.sql(ROW) == [("sent", "first", "SM+1", 0)]


async def test_while_the_first_is_left_alone_it_keeps_what_it_may_have(
    two: DispatcherSetup,
) -> None:
    await two.queue("+1")
    two.vendor.trouble, two.vendor.lists = Uncertain("ReadTimeout"), "busy"
    await sent_once(two)
    async with two.database() as database:
        texts = two.senders()
        for _ in range(FAILURES):
            texts.all[0].breaker.record_failure()
        sending = sending_by({Text: texts}, database, composed)
        outcome = await sent_once(two, sending)
    assert (outcome.state, outcome.uncertain, outcome.provider_code) == ("queued", 1, "asked")
    assert taken_by(two) == ([], [])


@pytest.mark.parametrize("held_by", ["first", "second"])
@pytest.mark.parametrize("was_taken", [True, False])
async def test_after_a_kill_that_sender_is_asked_that_had_it(
    two: DispatcherSetup, held_by: str, was_taken: bool
) -> None:
    await two.queue("+1")
    async with two.database() as database, database.connection() as connection:
        await claim_due(connection, 1, 0, "first")  # by somebody who gives it on, and dies
    await two.sql("UPDATE deliveries SET sender = $1", held_by)
    holder, other = taken_by(two) if held_by == "first" else taken_by(two)[::-1]
    if was_taken:
        holder.append("+1")
    outcome = await sent_once(two)
    assert outcome.state is State.SENT
    assert len(holder + other) == 1
    assert (outcome.message.sender == held_by) == was_taken


async def test_what_was_held_by_a_sender_that_is_gone_is_given_up(two: DispatcherSetup) -> None:
    await two.queue("+1")
    async with two.database() as database, database.connection() as connection:
        await claim_due(connection, 1, 0, "taken out of the settings")
    assert (await sent_once(two)).state is State.FAILED
    assert taken_by(two) == ([], [])


async def test_where_both_are_busy_it_is_tried_again_as_soon_as_one_says(
    two: DispatcherSetup,
) -> None:
    await two.queue("+1")
    assert two.second
    two.vendor.trouble, two.second.trouble = Unsent("20429", 3600.0), Unsent("429", 20.0)
    outcome = await sent_once(two)
    assert (outcome.state, outcome.delay, outcome.provider_code) == ("queued", 20.0, "429")
    two.vendor.trouble = Refused(Reason.MISCONFIGURED, "20003")
    assert (await sent_once(two)).state is State.QUEUED
    two.second.trouble = Refused(Reason.MISCONFIGURED, "40312")
    assert (await sent_once(two)).reason is Reason.MISCONFIGURED


async def test_whoever_lost_its_claim_gives_nothing_on(two: DispatcherSetup) -> None:
    await two.queue("+1")
    two.vendor.trouble = Unsent("ConnectError")
    async with two.database() as database, database.connection() as connection:
        [slow] = await claim_due(connection, 1, 0, "first")
        await two.sql(LAPSE)
        await claim_due(connection, 1, 0, "first")
        outcome = await two.sending(database).send_message(slow)
        await record_outcomes(connection, [outcome])
    assert taken_by(two) == ([], [])
    assert await two.sql(ROW) == [("sending", "first", None, 1)]


async def test_a_sender_in_trouble_is_left_alone_and_asked_before_it_is_used_again(
    two: DispatcherSetup, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.vendor.trouble, two.vendor.lists = Unsent("ConnectError"), "busy"
    numbers = [f"+{number}" for number in range(FAILURES + 5)]
    async with two.dispatcher() as dispatcher:
        first = dispatcher.texts.all[0]
        await two.queue(*numbers)
        await two.until("sent", *numbers)
        assert (first.breaker.is_open, dispatcher.texts.are_down) == (True, False)
        assert [sorted(taken) for taken in taken_by(two)] == [[], sorted(numbers)]
        monkeypatch.setattr(senders, "REST", 0.0)
        await two.queue("asked in vain")
        await two.until("sent", "asked in vain")
        two.vendor.trouble, two.vendor.lists, asked = None, "true", two.vendor.asked
        await two.queue("asked")
        await two.until("sent", "asked")
        await asyncio.sleep(0)
        assert (first.is_back, two.vendor.taken, asked > 0) == (True, [], True)
        await two.queue("used again")
        await two.until("sent", "used again")
    assert two.vendor.taken == ["used again"]


async def test_what_hangs_with_the_first_keeps_no_place_of_the_second(
    two: DispatcherSetup,
) -> None:
    """Once it is left alone; what it may have is waiting meanwhile."""
    two.vendor.moment = 5.0
    hanging = [f"+{number}" for number in range(50)]
    await two.queue(*hanging)
    async with two.dispatcher() as dispatcher:
        await two.until("sending", *hanging)
        await two.queue("another")
        for _ in range(FAILURES):
            dispatcher.texts.all[0].breaker.record_failure()
        await two.until("sent", "another")
        assert (await two.states())["+0"] == "sending"
    assert taken_by(two)[1] == ["another"]


async def receipt_of(two: DispatcherSetup, sender: str, state: State, **more: str) -> None:
    [(message,)] = await two.sql("SELECT id FROM deliveries")
    receipt = Receipt(str(message), "SM1", state, Reason.UNREACHABLE, "30003")
    async with two.database() as database:
        await Receipts(database).record("sms", sender, [replace(receipt, **more)])


async def test_a_failure_counts_only_of_the_sender_that_has_it(two: DispatcherSetup) -> None:
    await two.queue("+1")
    two.vendor.trouble = Unsent("ConnectError")
    await sent_once(two)
    await receipt_of(two, "first", State.FAILED)
    await receipt_of(two, "second", State.DELIVERED, reference="", provider_id="another")
    await receipt_of(two, "first", State.DELIVERED, reference="", provider_id="SM+1")
    assert await two.sql(ROW) == [("sent", "second", "SM+1", 0)]
    await receipt_of(two, "second", State.FAILED, reference="", provider_id="SM+1")
    assert await two.sql(ROW) == [("failed", "second", "SM+1", 0)]


async def test_that_it_arrived_counts_whoever_tells(two: DispatcherSetup) -> None:
    """The first had it after all, although it said that it had not."""
    await two.queue("+1")
    two.vendor.trouble = Unsent("ConnectError")
    await sent_once(two)
    await receipt_of(two, "first", State.DELIVERED)
    assert await two.sql(ROW) == [("delivered", "first", "SM1", 0)]
