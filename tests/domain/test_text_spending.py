"""The budget of texts is never passed, however many are queued at once, and counts everything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import pytest

from tests.spending import CENT, CODE, NOTICE, QUEUE, Budgeted
from tests.stores import Stores

COSTS = "SELECT region, cost::int FROM deliveries ORDER BY created_at"
LATER = """
SELECT (next_try_at AT TIME ZONE 'UTC')::date - (now() AT TIME ZONE 'UTC')::date,
  next_try_at = date_trunc('day', next_try_at, 'UTC')
FROM deliveries ORDER BY created_at
"""


@pytest.fixture(scope="module")
async def budgeted(stores: Stores) -> AsyncIterator[Budgeted]:
    one = Budgeted(await asyncio.to_thread(stores.new_database))
    await one.open()
    yield one
    await one.close()


async def test_each_text_costs_what_its_region_does(budgeted: Budgeted) -> None:
    await budgeted.begin(1000)
    for region in ("US", "DE", "ZZ", None):
        assert await budgeted.queue(region)
    await budgeted.queue(None, channel="email")
    costs = [("US", CENT), ("DE", 10 * CENT), ("ZZ", 20 * CENT), (None, 20 * CENT), (None, 0)]
    assert await budgeted.sql(COSTS) == costs
    assert await budgeted.spent() == {0: 51}


async def test_a_call_costs_a_minute(budgeted: Budgeted) -> None:
    await budgeted.begin(1000)
    await budgeted.queue("DE", weight=3)
    assert await budgeted.spent() == {0: 5}


@pytest.mark.parametrize("dearest", [1, 0], ids=["any row", "in line"])
@pytest.mark.parametrize("address", [CODE, NOTICE])
async def test_the_last_cent_is_spent_and_not_one_more(
    budgeted: Budgeted, address: str, dearest: int
) -> None:
    await budgeted.begin(50, dearest)
    for _ in range(50):
        assert await budgeted.queue("US", address)
    assert await budgeted.spent() == {0: 50}
    assert await budgeted.queue() is None
    assert await budgeted.spent() == {0: 50}


async def test_what_does_not_fit_any_more_leaves_room_for_what_does(budgeted: Budgeted) -> None:
    await budgeted.begin(15)
    assert await budgeted.queue("DE")
    assert await budgeted.queue("DE") is None
    assert await budgeted.queue("US")


async def test_nothing_is_allowed_by_a_budget_of_nothing(budgeted: Budgeted) -> None:
    await budgeted.begin(0)
    assert await budgeted.queue() is None


@pytest.mark.parametrize("cents", [97, 150, 555])
@pytest.mark.parametrize("dearest", [10, 0], ids=["any row", "in line"])
async def test_two_hundred_at_once_never_pass_it(
    budgeted: Budgeted, cents: int, dearest: int
) -> None:
    await budgeted.begin(cents, dearest)
    queued = await budgeted.queue_at_once(200, "US", "DE")
    [(rows, cost)] = await budgeted.sql("SELECT count(*), sum(cost)::int FROM deliveries")
    spent = (await budgeted.spent())[0]
    assert (rows, cost) == (queued, spent * CENT)
    assert spent <= cents
    assert await budgeted.queue("DE") is None or spent + 10 <= cents


async def test_while_much_is_left_nobody_waits_for_another(budgeted: Budgeted) -> None:
    await budgeted.begin(100_000)
    async with budgeted.processes[0].transaction() as connection:
        await connection.execute(QUEUE, UUID(int=1), "sms", "+1", "US", CODE, "", 1)
        async with asyncio.timeout(1):
            assert await budgeted.queue_at_once(10, "US") == 10
    assert await budgeted.spent() == {0: 11}


async def test_what_is_rolled_back_costs_nothing(budgeted: Budgeted) -> None:
    await budgeted.begin(1000)
    with suppress(ZeroDivisionError):
        async with budgeted.processes[0].transaction() as connection:
            await connection.execute(QUEUE, UUID(int=1), "sms", "+1", "US", CODE, "", 1)
            raise ZeroDivisionError
    assert await budgeted.spent() == {}


async def test_a_notice_waits_for_the_first_day_with_room(budgeted: Budgeted) -> None:
    await budgeted.begin(10)
    for _ in range(3):
        assert await budgeted.queue("DE", NOTICE)
    assert await budgeted.spent() == {0: 10, 1: 10, 2: 10}
    assert [day for day, _ in await budgeted.sql(LATER)] == [0, 1, 2]
    assert [at_midnight for _, at_midnight in await budgeted.sql(LATER)] == [False, True, True]


async def test_a_notice_that_no_day_has_room_for_goes_out_no_more(budgeted: Budgeted) -> None:
    await budgeted.begin(5)
    assert await budgeted.queue("DE", NOTICE)
    assert await budgeted.sql("SELECT next_try_at = expires_at, cost FROM deliveries") == [
        (True, 0)
    ]


@pytest.mark.parametrize("cents", [100_000, 40])
async def test_several_notices_of_one_transaction_are_counted(
    budgeted: Budgeted, cents: int
) -> None:
    await budgeted.begin(cents)
    async with budgeted.processes[0].transaction() as connection:
        for n in range(3):
            await connection.execute(QUEUE, UUID(int=n), "sms", f"+{n}", "DE", NOTICE, "", 1)
    assert await budgeted.spent() == {0: 30}
    rows = await budgeted.sql("SELECT count(*) FROM text_spending WHERE spent > 0")
    assert rows == [(3 if cents > 40 else 1,)]


async def test_nothing_is_counted_before_a_budget_is_in_force(budgeted: Budgeted) -> None:
    await budgeted.begin(0)
    await budgeted.sql("DELETE FROM text_budget")
    assert await budgeted.queue()
    assert await budgeted.sql("SELECT cost FROM deliveries") == [(0,)]
    assert await budgeted.spending(0).look() is None


async def test_what_a_server_starts_with_is_in_force_for_all(budgeted: Budgeted) -> None:
    await budgeted.begin(0)
    await budgeted.sql("INSERT INTO text_prices VALUES ('XX', 1, 1)")
    await budgeted.spending(7, process=1).put_in_force()
    found = await budgeted.spending(0).look()
    assert found is not None
    assert (found.spent, found.budget, found.currency) == (0, 7 * CENT, "USD")
    assert await budgeted.sql("SELECT region FROM text_prices ORDER BY 1") == [("DE",), ("US",)]


async def test_what_is_withheld_costs_nothing_but_is_refused_like_the_others(
    budgeted: Budgeted,
) -> None:
    """Else a budget that is spent would tell a number with an account from one without."""
    await budgeted.begin(1)
    assert await budgeted.queue(room="withheld")
    assert await budgeted.spent() == {}
    assert await budgeted.queue()
    assert await budgeted.queue(room="withheld") is None
