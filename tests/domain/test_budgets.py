"""Each limit of sends, alone and in a crowd; and what a code that is entered gives back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

import pytest
from redis import Redis as Client

from app.domain.delivery.counts import Proved
from app.domain.delivery.proved import RegionBudgets, count_settled_sends
from app.domain.errors import Refusal
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TextsStopped
from app.domain.limits import DAY, HOUR, Budget, Limit
from app.domain.metrics import LIMITS
from app.domain.ports import Refilled
from tests.sends import (
    BUDGETS,
    SENDS,
    THREE,
    Sends,
    limited,
    number,
    opened_sends,
    requester,
    signing_in,
)
from tests.stores import Stores, execute

SENT = "SELECT count(*) FROM deliveries WHERE room <> 'withheld'"
# Those that a proof gives back.
FREED = ("texts_per_block", "texts_per_block_and_address", "texts_per_address",
         "texts_per_network", *BUDGETS)  # fmt: skip
# Of a session only the short memory knows; while that is silent, its number's limit holds.
BY_MEMORY = [
    (name, silent)
    for name in SENDS
    for silent in (False, True)
    if not (silent and name.endswith("_per_session"))
]
SPELLINGS = ("+1 415 555 2671", "+14155552671", "001 415 555 2671", "(415) 555-2671",
             "415.555.2671", "415 555 2671", "tel:+14155552671", "+1-415-555-2671",
             "\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff12\uff16\uff17\uff11",
             "+1 (415) 555 2671", "1 415 555 2671", " 4155552671 ")  # fmt: skip


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def sends(stores: Stores, url: str) -> AsyncIterator[Sends]:
    async with opened_sends(stores, url, 13) as made:
        yield made


async def count_sent(sends: Sends) -> int:
    [row] = await execute(sends.url, SENT)
    return int(row["count"])


@pytest.mark.parametrize(("name", "silent"), BY_MEMORY)
async def test_a_limit_lets_through_as_many_as_it_says(
    sends: Sends, name: str, silent: bool
) -> None:
    """And names itself."""
    sends.table, before = limited(sends.table, name, 3), LIMITS.read(name)
    for n in (1, 2, 3):
        await sends.send(*SENDS[name](n), silent=silent)
    with pytest.raises(SEND_LIMITS) as refused:
        await sends.send(*SENDS[name](4), silent=silent)
    assert isinstance(refused.value, Refusal)
    assert (refused.value.limit, LIMITS.read(name)) == (name, before + 1)
    assert await count_sent(sends) == 3


@pytest.mark.parametrize("memory", ["there", "flushed", "silent", "silent at the proof"])
@pytest.mark.parametrize("name", FREED)
async def test_a_code_that_is_entered_gives_room_back(sends: Sends, name: str, memory: str) -> None:
    sends.table = limited(sends.table, name, 3)
    silent = memory == "silent"
    codes = [await sends.send(*SENDS[name](n), silent=silent) for n in (1, 2, 3)]
    await sends.prove(codes[1], silent="silent" in memory)
    if memory in ("flushed", "silent at the proof"):
        sends.flush()
        assert await sends.refill() is Refilled.ALL
    await sends.send(*SENDS[name](4), silent=silent)
    if name in ("texts_per_address", "texts_per_network"):  # and one more
        await sends.send(*SENDS[name](5), silent=silent)
    with pytest.raises(SEND_LIMITS):
        await sends.send(*SENDS[name](6), silent=silent)


@pytest.mark.parametrize("name", ["texts_per_number", "texts_in_all"])
async def test_other_limits_count_what_was_proved(sends: Sends, name: str) -> None:
    sends.table = replace(sends.table, **{name: THREE})
    for n in (1, 2, 3):
        await sends.prove(await sends.send(*SENDS[name](n)))
    with pytest.raises(SEND_LIMITS):
        await sends.send(*SENDS[name](4))


async def test_thirty_addresses_and_twelve_spellings_are_one_number(sends: Sends) -> None:
    sends.table = replace(sends.table, texts_per_number=Limit(((HOUR, 5),)))

    async def send(n: int) -> None:
        to = Phone.parse(SPELLINGS[n % 12], ("US",), "US")
        with suppress(*SEND_LIMITS):
            await sends.send(to, requester(n + 1))

    await asyncio.gather(*(send(n) for n in range(30)))
    assert await count_sent(sends) == 5


async def test_a_redis_that_is_too_slow_counts_as_silent(sends: Sends) -> None:
    sends.table = limited(sends.table, "texts_per_network", 3)
    with Client.from_url(sends.redis_url) as client:
        client.client_pause(1500)
    try:
        for n in (1, 2, 3):
            await sends.send(*SENDS["texts_per_network"](n))
        assert sends.asked == [True] * 3
        with pytest.raises(SEND_LIMITS):
            await sends.send(*SENDS["texts_per_network"](4))
    finally:
        with Client.from_url(sends.redis_url) as client:
            client.client_unpause()


async def test_strangers_use_up_no_room_of_accounts_and_are_shown_the_way_by_email(
    sends: Sends,
) -> None:
    sends.table = limited(sends.table, "strangers_per_region", 1)
    await sends.send(*SENDS["strangers_per_region"](1))
    with pytest.raises(TextsStopped) as refused:
        await sends.send(*SENDS["strangers_per_region"](2))
    assert refused.value.email_helps
    for name in ("known_per_region", "mailed_per_region"):
        for n in (3, 4):
            await sends.send(*SENDS[name](n))


@pytest.mark.parametrize("silent", [False, True])
async def test_sign_ins_of_strangers_to_accounts_use_up_no_room_of_known_devices(
    sends: Sends, silent: bool
) -> None:
    for name in ("accounts_per_region", "known_per_region"):
        sends.table = limited(sends.table, name, 2)
    for n in (1, 2):
        await sends.send(number(n), signing_in(n), silent=silent)
    with pytest.raises(TextsStopped):
        await sends.send(number(3), signing_in(3), silent=silent)
    rooms = await execute(sends.url, "SELECT room FROM deliveries ORDER BY created_at")
    assert [row["room"] for row in rooms] == ["sign-in", "sign-in", "withheld"]
    for n in (4, 5):
        await sends.send(*SENDS["known_per_region"](n), silent=silent)
    with pytest.raises(TextsStopped):
        await sends.send(*SENDS["known_per_region"](6), silent=silent)


@pytest.mark.parametrize("memory", ["there", "flushed", "silent"])
async def test_what_is_withheld_is_refused_as_others_but_is_no_text_in_all(
    sends: Sends, memory: str
) -> None:
    sends.table = limited(limited(sends.table, "strangers_per_region", 1), "texts_in_all", 2)
    nobodys = replace(signing_in(2), has_account=False)
    await sends.send(number(1), requester(1), silent=memory == "silent")
    for n in (2, 3):
        await sends.send(number(n), nobodys, silent=memory == "silent")
    if memory == "flushed":
        sends.flush()
        assert await sends.refill() is Refilled.ALL
    await sends.send(*SENDS["known_per_region"](4), silent=memory == "silent")
    assert await count_sent(sends) == 2
    with pytest.raises(TextsStopped) as refused:
        await sends.send(number(5), nobodys, silent=memory == "silent")
    assert refused.value.limit == "texts_in_all"


@pytest.mark.parametrize("settled", [False, True])
async def test_a_budget_grows_with_what_was_proved_in_two_weeks(
    sends: Sends, settled: bool
) -> None:
    codes = [await sends.send(number(n), requester(n)) for n in range(1, 21)]
    for code in codes[:15]:
        await sends.prove(code)
    await sends.pass_by(9 * DAY)
    if settled:
        await count_settled_sends(sends.database)
        await execute(sends.url, "TRUNCATE deliveries")
    for code in [await sends.send(number(n), requester(n)) for n in range(31, 34)]:
        await sends.prove(code)
    found = await RegionBudgets(sends.database).find("US")
    assert found == (Proved(15, 15) if settled else Proved(3, 3))
    assert Budget(2, 4, 40).limit(15, 15) == Limit(((HOUR, 6), (DAY, 6)))


async def test_what_was_counted_for_good_is_counted_once(sends: Sends) -> None:
    """At either end of a day there is something that is not."""
    for seconds in (DAY - 300, 7 * HOUR, HOUR, 30):
        codes: list[UUID] = [await sends.send(number(n), requester(n)) for n in (1, 2)]
        await sends.prove(codes[0])
        await execute(sends.url, AGED, [str(code) for code in codes], float(seconds))
    await count_settled_sends(sends.database)
    await count_settled_sends(sends.database)
    sends.table = limited(sends.table, "strangers_per_region", 6)
    for n in (11, 12):
        await sends.send(number(n), requester(n), silent=True)
    with pytest.raises(TextsStopped):
        await sends.send(number(13), requester(13), silent=True)


AGED = """
UPDATE deliveries SET created_at = statement_timestamp() - make_interval(secs => $2)
WHERE verification_id::text = ANY($1)
"""
