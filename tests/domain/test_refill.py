"""What was sent before Redis forgot is counted in it again, and no limit lets more through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from app.domain.account.personal_data import Erasure
from app.domain.errors import Unavailable
from app.domain.limit_refusals import SEND_LIMITS, TooSoon
from app.domain.limits import HOUR, Budget, Limit
from app.domain.ports import Refilled
from tests.sends import (
    BUDGETS,
    LIMITS,
    PSEUDONYMS,
    SENDS,
    THREE,
    Sends,
    To,
    mailbox,
    number,
    opened_sends,
    requester,
)
from tests.stores import Stores, execute

DELETED = "INSERT INTO deleted_contacts (contact) VALUES ($1)"
GONE_OUT = "UPDATE deliveries SET state = 'sent'"
UNCOUNTED = "SELECT count(*) FROM deliveries WHERE NOT counted"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def sends(stores: Stores, url: str) -> AsyncIterator[Sends]:
    async with opened_sends(stores, url, 12) as made:
        yield made


def test_each_limit_of_sends_is_tried() -> None:
    assert set(SENDS) == {*LIMITS, *BUDGETS}


@pytest.mark.parametrize("name", SENDS)
async def test_a_limit_lets_through_no_more_than_without_a_flush(sends: Sends, name: str) -> None:
    three = Budget(3, 3, 0) if name in BUDGETS else THREE
    sends.table = replace(sends.table, **{name: three})
    for n in (1, 2):
        await sends.send(*SENDS[name](n))
    sends.flush()
    assert await sends.refill() is Refilled.ALL
    sends.asked.clear()
    assert await sends.let_through(SENDS[name], 3) == 1
    assert sends.asked == [False]


async def test_what_is_older_than_a_window_is_not_counted_in_it(sends: Sends) -> None:
    limit = Limit(((HOUR, 2), (24 * HOUR, 4)))
    sends.table = replace(sends.table, texts_per_number=limit)
    for age in (25 * HOUR, 2 * HOUR, 1.5 * HOUR):
        await sends.send(number(1), requester(1))
        await execute(sends.url, OLDER, number(1).e164, age)
        sends.flush()
    await sends.refill()
    assert await sends.let_through(SENDS["texts_per_number"], 2) == 2


async def test_a_call_is_counted_as_three_texts(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_number=Limit(((HOUR, 5),)))
    await sends.send(number(1), requester(1))
    await execute(sends.url, "UPDATE deliveries SET weight = 3")
    sends.flush()
    assert await sends.refill() is Refilled.ALL
    sends.asked.clear()
    assert await sends.let_through(SENDS["texts_per_number"], 2) == 2
    assert sends.asked == [False] * 2


async def test_a_wait_goes_on(sends: Sends) -> None:
    limit = Limit(((HOUR, 9),), waits=(30, 60))
    sends.table = replace(sends.table, texts_per_number=limit)
    await sends.send(number(1), requester(1))
    await execute(sends.url, OLDER, number(1).e164, 10)
    sends.flush()
    await sends.refill()
    with pytest.raises(TooSoon) as refused:
        await sends.send(number(1), requester(2))
    assert 5 < int(refused.value.retry_after or 0) <= 20


async def test_what_the_memory_counts_already_is_counted_once(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_number=THREE)
    sends.flush()
    for n in (1, 2):
        await sends.send(number(1), requester(n))
    await sends.refill()
    assert await sends.let_through(SENDS["texts_per_number"], 3) == 1


async def test_what_was_sent_in_a_silence_is_counted_later(sends: Sends) -> None:
    """And PostgreSQL is no longer asked because of it."""
    sends.table = replace(sends.table, texts_per_number=THREE)
    for n in (1, 2):
        await sends.send(number(1), requester(n), silent=True)
    assert await sends.refill() is Refilled.ALL
    assert (await execute(sends.url, UNCOUNTED))[0]["count"] == 0
    sends.asked.clear()
    assert await sends.let_through(SENDS["texts_per_number"], 3) == 1
    assert sends.asked == [False]


@pytest.mark.parametrize("to", [number(1), mailbox(1)])
async def test_whoever_deletes_an_account_gets_no_new_limits(sends: Sends, to: To) -> None:
    """For their number, mailbox and address PostgreSQL is asked, and for nobody else's."""
    sends.table = replace(sends.table, texts_per_number=THREE, mails_per_mailbox=THREE)
    for n in (1, 2):
        await sends.send(to, requester(n))
    await execute(sends.url, GONE_OUT)
    await execute(sends.url, DELETED, to.destination)
    await Erasure(sends.database, PSEUDONYMS).forget_all()
    sends.flush()
    assert await sends.refill() is Refilled.BUT_DELETED
    sends.asked.clear()
    assert await sends.let_through(lambda n: (to, requester(n)), 3) == 1
    await sends.send(number(5), requester(5))
    await sends.send(number(6), requester(1))
    assert sends.asked == [True, False, True]


async def test_many_at_once_while_it_is_refilled_stay_within_the_limit(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_block=Limit(((HOUR, 10),)))
    in_block = SENDS["texts_per_block"]
    for n in range(1, 7):
        await sends.send(*in_block(n))
    sends.flush()
    sends.asked.clear()

    async def send(n: int) -> None:
        with suppress(*SEND_LIMITS, Unavailable):
            await sends.send(*in_block(n))

    refilled, *_ = await asyncio.gather(sends.refill(), *(send(n) for n in range(7, 57)))
    assert refilled is Refilled.ALL
    await sends.let_through(in_block, 57)
    assert len(sends.asked) == 4


OLDER = """
UPDATE deliveries SET created_at = created_at - make_interval(secs => $2) WHERE destination = $1
"""
