"""Where strangers are stopped: who may try, what ends the stop, and who keeps nobody out."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from app.domain.delivery.rooms import Requester, Standing
from app.domain.delivery.stops import StopState, override_stops
from app.domain.limit_refusals import TextsStopped
from app.domain.limits import DAY, HOUR, ConversionBreaker
from tests.sends import Sends, number, requester
from tests.stores import Stores, execute
from tests.unproved import TOLD, attack, by_the_table, refusal

OVER = "UPDATE send_stops SET until = clock_timestamp()"
PASS = "UPDATE send_stops SET until = until - make_interval(secs => $1)"
OF_AN_OPERATOR = (
    "UPDATE send_stops SET reason = 'abuse', until = clock_timestamp() + interval '1 h'"
)
PROBED_BEFORE = "UPDATE send_stops SET probe = $1, probed_at = clock_timestamp()"
PROBES_PASS = "UPDATE send_probes SET at = at - make_interval(secs => $1)"


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def sends(stores: Stores, url: str) -> AsyncIterator[Sends]:
    async with by_the_table(stores, url) as made:
        yield made


async def stop_strangers(sends: Sends) -> None:
    """And an hour has passed since."""
    await attack(sends, 20, 5)
    await refusal(sends, 90, requester(1))
    await sends.pass_by(HOUR)
    await execute(sends.url, OVER)
    sends.flush()


async def pass_by(sends: Sends, seconds: float) -> None:
    """For stops, their probes and what was sent."""
    await sends.pass_by(seconds)
    for statement in (PASS, PROBES_PASS):
        await execute(sends.url, statement, float(seconds))


async def override(sends: Sends, seconds: int = HOUR, *, is_allowed: bool = False) -> None:
    """By an operator, for all strangers of the country."""
    rooms = [requester(1).room.value]
    database = sends.database
    await override_stops(database, "region", "US", rooms, seconds, "abuse", is_allowed=is_allowed)


async def probe_at_once(sends: Sends, *requesters: Requester, first: int = 101) -> list[UUID]:
    """To numbers from the `first` on; the codes that went out."""
    tried = [sends.send(number(n), each) for n, each in enumerate(requesters, first)]
    ended = await asyncio.gather(*tried, return_exceptions=True)
    codes = [each for each in ended if not isinstance(each, BaseException)]
    assert {type(each) for each in ended if each not in codes} <= {TextsStopped}
    return codes


async def test_after_an_hour_ten_networks_have_a_probe_each_and_one_proof_ends_the_stop(
    sends: Sends,
) -> None:
    await stop_strangers(sends)
    codes = await probe_at_once(sends, *(requester(n) for n in range(101, 131)))
    assert len(codes) == ConversionBreaker().probes
    await sends.prove(codes[3])
    assert len(await execute(sends.url, TOLD, "texts:resumed")) == 1
    await sends.send(number(140), requester(2))


async def test_probes_of_ten_networks_in_vain_double_the_time_up_to_a_day(sends: Sends) -> None:
    await stop_strangers(sends)
    for first in range(101, 161, 10):
        await execute(sends.url, OVER)
        probes = (requester(n) for n in range(first, first + 10))
        assert len(await probe_at_once(sends, *probes, first=first)) == 10
        await refusal(sends, 190, requester(220))
        await pass_by(sends, 601)
        await refusal(sends, 191, requester(221))
        await sends.pass_by(HOUR)
    found = [int(row["seconds"]) for row in await execute(sends.url, TOLD, "texts:stopped")]
    assert found == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY]


@pytest.mark.parametrize("standing", [Standing.STRANGER, Standing.MAILED])
async def test_a_patient_attacker_of_one_network_keeps_no_lone_person_out(
    sends: Sends, standing: Standing
) -> None:
    """In a country where else nobody signs up."""
    await stop_strangers(sends)
    if standing is Standing.MAILED:
        await execute(sends.url, "UPDATE send_stops SET room = 'mailed'")
    attacker = requester(66, standing=standing)
    for n, hours in enumerate((1, 2, 4, 8, 16, 24, 24)):
        await sends.send(number(200 + n), attacker)
        await pass_by(sends, hours * HOUR - 60)
        await refusal(sends, 220, attacker)
        await pass_by(sends, 61)
    code = await sends.send(number(190), requester(7, standing=standing))
    await sends.prove(code)
    assert len(await execute(sends.url, TOLD, "texts:resumed")) == 1


async def test_who_mistyped_their_number_has_another_probe_an_hour_later(sends: Sends) -> None:
    await stop_strangers(sends)
    assert len(await probe_at_once(sends, *[requester(7)] * 5)) == 1
    await refusal(sends, 120, requester(7))
    await pass_by(sends, HOUR + 1)
    await sends.prove(await sends.send(number(121), requester(7)))
    assert len(await execute(sends.url, TOLD, "texts:resumed")) == 1


@pytest.mark.parametrize("state", ["refused", "failed", "expired", "cancelled"])
async def test_a_probe_that_no_provider_took_stops_nobody_for_longer(
    sends: Sends, state: str
) -> None:
    await stop_strangers(sends)
    codes = await probe_at_once(sends, *(requester(n) for n in range(1, 11)))
    assert len(codes) == 10
    await refusal(sends, 120, requester(20))
    ended = "UPDATE deliveries SET state = $1 WHERE destination > $2 AND destination < $3"
    await execute(sends.url, ended, state, number(100).e164, number(110).e164)
    await pass_by(sends, 601)
    await sends.prove(await sends.send(number(121), requester(3)))
    assert await execute(sends.url, TOLD, "texts:stopped") == [("3600",)]
    assert len(await execute(sends.url, TOLD, "texts:resumed")) == 1


async def test_a_probe_that_was_not_sent_leaves_its_place(sends: Sends) -> None:
    await stop_strangers(sends)
    stops = sends.limiter().stops
    [(stop, state)] = await stops.find("US", number(1).block, requester(1).room)
    assert state is StopState.HALF_OPEN
    probe, network = uuid4(), requester(1).origin.network
    assert await stops.take_probe([stop], probe, network)
    assert not await stops.take_probe([stop], uuid4(), network)
    await stops.release_probe(probe)
    assert await stops.take_probe([stop], uuid4(), network)


@pytest.mark.parametrize("is_allowed", [False, True])
async def test_a_probe_that_is_proved_after_an_operators_word_leaves_that_in_force(
    sends: Sends, is_allowed: bool
) -> None:
    await stop_strangers(sends)
    code, *_ = await probe_at_once(sends, requester(101), requester(102))
    await execute(sends.url, PROBED_BEFORE, uuid4())
    await override(sends, is_allowed=is_allowed)
    await sends.prove(code)
    [stop] = await execute(sends.url, "SELECT * FROM send_stops")
    assert (stop["reason"], stop["is_allowed"]) == ("abuse", is_allowed)
    assert (stop["probe"], stop["probed_at"]) == (None, None)
    assert await execute(sends.url, "SELECT * FROM send_probes") == []
    assert await execute(sends.url, TOLD, "texts:resumed") == []


async def test_a_probe_that_is_left_beside_an_operators_stop_does_not_end_it(sends: Sends) -> None:
    """As a server leaves it that does not clear them yet."""
    await stop_strangers(sends)
    [code] = await probe_at_once(sends, requester(101))
    await execute(sends.url, OF_AN_OPERATOR)
    await sends.prove(code)
    await refusal(sends, 130, requester(3))
    assert await execute(sends.url, TOLD, "texts:resumed") == []


async def test_at_a_new_stop_a_network_waits_no_longer_for_what_it_sent_at_the_last(
    sends: Sends,
) -> None:
    await stop_strangers(sends)
    for n in (101, 102):
        await sends.send(number(n), requester(7))
        await pass_by(sends, HOUR + 1)
    await execute(sends.url, OF_AN_OPERATOR)
    await execute(sends.url, OVER)
    await execute(sends.url, PROBED_BEFORE, uuid4())
    await sends.limiter().stops.start("region", "US", requester(7).room, 5)
    [stop] = await execute(sends.url, "SELECT probe, probed_at FROM send_stops")
    assert tuple(stop) == (None, None)
    await execute(sends.url, OVER)
    await sends.send(number(103), requester(7))
    await pass_by(sends, HOUR + 1)
    await sends.send(number(104), requester(7))


async def prove_from(sends: Sends, network: int, *numbers: int) -> None:
    for at, n in enumerate(numbers, 1):
        await sends.prove(await sends.send(number(n), requester(at, network)))


@pytest.mark.parametrize("is_stopped", [False, True])
async def test_where_others_prove_their_numbers_no_attacker_from_elsewhere_keeps_anybody_out(
    sends: Sends, *, is_stopped: bool
) -> None:
    """Who has proved an e-mail address: the breaker opens by them, or another has opened it."""
    await prove_from(sends, 7, 301, 302)
    await attack(sends, 20, 5, standing=Standing.MAILED)
    if is_stopped:
        await refusal(sends, 310, requester(9, standing=Standing.MAILED))
    await sends.send(number(311), requester(1, 7, standing=Standing.MAILED))
    await refusal(sends, 312, requester(9, standing=Standing.MAILED))
    assert len(await execute(sends.url, TOLD, "texts:stopped")) == 1


async def test_nor_once_all_probes_are_under_way(sends: Sends) -> None:
    await prove_from(sends, 7, 301)
    await stop_strangers(sends)
    await execute(sends.url, "UPDATE send_stops SET room = 'mailed'")
    probes = [requester(n, standing=Standing.MAILED) for n in range(101, 111)]
    assert len(await probe_at_once(sends, *probes)) == 10
    await sends.send(number(320), requester(1, 7, standing=Standing.MAILED))
    await refusal(sends, 321, requester(9, standing=Standing.MAILED))


async def test_a_network_is_known_by_more_numbers_proved_than_texts_that_were_not(
    sends: Sends,
) -> None:
    gauge, network = sends.limiter().gauge, requester(1, 7).origin.network
    assert not await gauge.proves_texts(network)
    await prove_from(sends, 7, 301)
    await sends.pass_by(DAY)
    sends.flush()
    await prove_from(sends, 7, 301)
    assert await gauge.proves_texts(network)
    await sends.send(number(302), requester(2, 7))
    assert not await gauge.proves_texts(network)
    await prove_from(sends, 7, 303)
    assert await gauge.proves_texts(network)
    await sends.pass_by(14 * DAY)
    assert not await gauge.proves_texts(network)


@pytest.mark.parametrize("standing", [Standing.STRANGER, Standing.MAILED])
async def test_an_operators_stop_and_that_of_strangers_hold_for_such_a_network_too(
    sends: Sends, standing: Standing
) -> None:
    await prove_from(sends, 7, 301, 302)
    await stop_strangers(sends)
    await execute(sends.url, "UPDATE send_stops SET until = clock_timestamp() + interval '1 h'")
    if standing is Standing.MAILED:
        await execute(sends.url, OF_AN_OPERATOR)
        await execute(sends.url, "UPDATE send_stops SET room = 'mailed'")
    await refusal(sends, 320, requester(1, 7, standing=standing))
