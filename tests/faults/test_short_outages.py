"""A vendor who is away for a while: codes outlast it, and none is sent once it is of no use."""

from dataclasses import dataclass
from uuid import uuid4

import pytest

from app.domain.delivery import senders
from app.domain.delivery.outbox import LEAST_LEFT, claim_due, record_outcomes
from app.domain.delivery.senders import AGED, FAILURES, CircuitBreaker
from app.domain.ports import SendOutcome, Uncertain, Unsent
from tests.faults.dispatchers import DispatcherSetup
from tests.faults.test_notices import PASS

LIFETIME = 600.0  # seconds, of a code from a text


@dataclass
class End:
    """What became of a text, and when: in seconds that the database was put forward by."""

    state: str
    passed: float
    pauses: list[float]


async def send_while_away(setup: DispatcherSetup, seconds: float, trouble: SendOutcome) -> End:
    """The vendor is back after so long."""
    await setup.queue("+1")
    setup.vendor.trouble, end = trouble, End("queued", 0.0, [])
    async with setup.database() as database, database.connection() as connection:
        sending = setup.sending(database)
        while end.state == "queued":
            [message] = await claim_due(connection, 9, 9)
            outcome = await sending.send_message(message)
            await record_outcomes(connection, [outcome])
            end.state = outcome.state
            if end.state == "queued":
                await setup.sql(PASS, outcome.delay)
                end.pauses.append(outcome.delay)
                end.passed += outcome.delay
            if end.passed >= seconds:
                setup.vendor.trouble = None
    return end


@pytest.mark.parametrize("seconds", [4.0, 40.0])
@pytest.mark.parametrize("trouble", [Unsent("ConnectError"), Unsent("429", 0.0)], ids=str)
async def test_a_code_outlasts_a_short_outage(
    setup: DispatcherSetup, seconds: float, trouble: SendOutcome
) -> None:
    end = await send_while_away(setup, seconds, trouble)
    assert (end.state, setup.vendor.taken) == ("sent", ["+1"])
    assert seconds <= end.passed <= seconds + 30
    assert 1 <= min(end.pauses) <= max(end.pauses) <= 30


async def test_a_code_is_given_up_while_there_is_time_for_another(setup: DispatcherSetup) -> None:
    end = await send_while_away(setup, LIFETIME, Unsent("ConnectError"))
    assert end.state in ("failed", "expired")
    assert setup.vendor.taken == []
    assert LIFETIME - LEAST_LEFT - 31 <= end.passed <= LIFETIME - LEAST_LEFT


async def test_a_retry_that_was_held_up_is_not_sent_late(setup: DispatcherSetup) -> None:
    """The breaker may be open when it is due."""
    await setup.queue("+1")
    await setup.sql("UPDATE deliveries SET tries = 1, expires_at = now() + interval '119 seconds'")
    async with setup.dispatcher():
        await setup.until("expired", "+1")
    assert setup.vendor.taken == []


async def test_without_an_answer_a_code_is_tried_once_more(setup: DispatcherSetup) -> None:
    setup.vendor.lists = "kept"
    end = await send_while_away(setup, LIFETIME, Uncertain("ReadTimeout"))
    assert (end.state, len(end.pauses)) == ("failed", 1)


def test_failures_far_apart_are_not_in_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    now, vendor = 1000.0, CircuitBreaker()
    monkeypatch.setattr(senders, "monotonic", lambda: now)
    for _ in range(FAILURES + 1):
        vendor.record_failure()
        now += AGED
    assert not vendor.tripped
    for _ in range(FAILURES):
        vendor.record_failure()
    assert vendor.is_open


def test_one_message_that_fails_again_and_again_holds_up_no_other() -> None:
    """A mail server may put off each mail to one address for minutes."""
    vendor, message = CircuitBreaker(), uuid4()
    for _ in range(FAILURES):
        vendor.record_failure(message)
    assert not vendor.tripped
    for _ in range(FAILURES - 1):
        vendor.record_failure(uuid4())
    assert vendor.is_open
