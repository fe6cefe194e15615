"""A share of the day's budget that is reached is told once, to everybody who should know."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from app.domain.events.events import Event, claim_due, set_receivers
from app.domain.services import Service
from app.wiring.operations import report_text_budget
from tests.spending import CENT, Budgeted
from tests.stores import Stores

SPEND = (
    "UPDATE text_spending SET spent = $1 WHERE shard = 3 AND day = (now() AT TIME ZONE 'UTC')::date"
)
WARNED = "SELECT percent::int FROM text_warnings ORDER BY percent"
MAILED = "SELECT template, destination, language, context FROM deliveries"
YESTERDAY = "UPDATE text_warnings SET day = day - 1"
SERVICES = [
    Service(name="all", audience="all"),
    Service(name="end", audience="end", events=frozenset({"user.deleted"})),
]
MAILBOX = "ops@example.org"
HIGHEST = {(49,): [], (50,): [50], (79,): [50], (80,): [80], (99,): [80], (100,): [100]}


@pytest.fixture(scope="module")
async def budgeted(stores: Stores) -> AsyncIterator[Budgeted]:
    one = Budgeted(await asyncio.to_thread(stores.new_database))
    await one.open()
    await set_receivers(one.processes[0], SERVICES)
    yield one
    await one.close()


async def warned(budgeted: Budgeted, *cents: int) -> list[object]:
    """Of a budget of a hundred, the steps that are told while so much is spent, one after the
    other; by both processes, four times at once.
    """
    tellers = [budgeted.spending(100, MAILBOX, process=n % 2) for n in range(8)]
    for spent in cents:
        await budgeted.sql(SPEND, spent * CENT)
        await asyncio.gather(*(each.warn() for each in tellers))
    return [percent for (percent,) in await budgeted.sql(WARNED)]


@pytest.mark.parametrize(("cents", "told"), [
    *HIGHEST.items(), ((50, 80, 100), [50, 80, 100]), ((0, 100), [100]), ((60, 55, 70), [50]),
])  # fmt: skip
async def test_each_step_is_told_once_and_a_jump_by_its_end(
    budgeted: Budgeted, cents: tuple[int, ...], told: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    await budgeted.begin(100)
    caplog.clear()
    assert await warned(budgeted, *cents) == told
    logged = [each.__dict__["percent"] for each in caplog.records if "budget" in each.message]
    assert logged == told
    mails = [json.loads(str(row[3]))["percent"] for row in await budgeted.sql(MAILED)]
    assert mails == [str(each) for each in told]
    events = await budgeted.sql("SELECT service, details FROM events ORDER BY position")
    assert [(at, json.loads(str(it))["percent"]) for at, it in events] == [("all", p) for p in told]
    recorded = await budgeted.sql("SELECT event, details FROM audit_events")
    assert recorded == [("texts:budget_reached", f'{{"percent": {each}}}') for each in told]


async def test_the_next_day_begins_anew(budgeted: Budgeted) -> None:
    await budgeted.begin(100)
    await warned(budgeted, 85)
    await budgeted.sql(YESTERDAY)
    assert await warned(budgeted, 85) == [80, 80]


async def test_a_budget_that_is_raised_is_told_of_anew(budgeted: Budgeted) -> None:
    """Whoever raised it because it was spent wants to know when that is spent, too."""
    await budgeted.begin(100)
    await warned(budgeted, 100)
    tellers = [budgeted.spending(200, MAILBOX, process=n % 2) for n in range(8)]
    for cents in (100, 170, 200):
        await budgeted.sql(SPEND, cents * CENT)
        await asyncio.gather(*(each.warn() for each in tellers))
    assert await budgeted.sql(WARNED) == [(50,), (80,), (100,)]
    mails = [json.loads(str(row[3])) for row in await budgeted.sql(f"{MAILED} ORDER BY created_at")]
    assert [(each["percent"], each["budget"]) for each in mails] == [
        ("100", "1.00 USD"), ("50", "2.00 USD"), ("80", "2.00 USD"), ("100", "2.00 USD")
    ]  # fmt: skip


async def test_the_mail_and_the_event_say_how_much(budgeted: Budgeted) -> None:
    await budgeted.begin(12_345)
    await budgeted.sql(SPEND, 10_000 * CENT)
    await budgeted.spending(12_345, MAILBOX).warn()
    [(template, to, language, context)] = await budgeted.sql(MAILED)
    assert (template, to, language) == ("texts_budget", MAILBOX, "de")
    assert json.loads(str(context)) == {
        "percent": "80",
        "spent": "100.00 USD",
        "budget": "123.45 USD",
    }
    async with budgeted.processes[0].connection() as connection:
        [event] = await claim_due(connection, "all", 10)
    assert event.type == "sms.budget_reached"
    data = json.loads(event.render(frozenset({"openid"})))["data"]
    assert data.pop("day")
    assert data == {"percent": 80, "spent": "100.00", "budget": "123.45", "currency": "USD"}


async def test_an_event_about_nobody_waits_for_none_before_it(budgeted: Budgeted) -> None:
    await budgeted.begin(100)
    await warned(budgeted, 50, 80)
    async with budgeted.processes[0].connection() as connection:
        events: list[Event] = await claim_due(connection, "all", 10)
    assert [event.user_id for event in events] == [None, None]


async def test_nobody_is_mailed_without_an_address(budgeted: Budgeted) -> None:
    await budgeted.begin(100)
    await budgeted.sql(SPEND, 50 * CENT)
    await budgeted.spending(100).warn()
    assert await budgeted.sql(WARNED) == [(50,)]
    assert await budgeted.sql(MAILED) == []


async def test_it_is_put_in_force_before_it_is_looked_at(budgeted: Budgeted) -> None:
    """A start while PostgreSQL was away could not."""
    await budgeted.begin(7)
    await budgeted.spending(9).warn()
    assert await budgeted.sql("SELECT budget FROM text_budget") == [(9 * CENT,)]


@pytest.mark.parametrize(("cents", "status"), [(49, "pass"), (50, "warn"), (100, "warn")])
async def test_health_warns_from_the_first_step_on(
    budgeted: Budgeted, cents: int, status: str
) -> None:
    await budgeted.begin(100)
    await budgeted.sql(SPEND, cents * CENT)
    found, words = await report_text_budget(budgeted.spending(100))
    assert found == status
    assert words.startswith(f"{cents / 100:.2f} of 1.00 USD on 20")
