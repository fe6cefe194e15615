"""Who is asked for e-mail first, and who is stopped, where next to nothing is proved."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from app.domain.delivery.pressure import Conversion
from app.domain.delivery.rooms import Requester, Standing
from app.domain.delivery.stops import Stop, StopState
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import SEND_LIMITS, TextsStopped
from app.domain.limits import ConversionBreaker, Origin, Pressure
from tests.sends import Sends, number, requester
from tests.stores import Stores, execute
from tests.unproved import TOLD, attack, by_the_table, refusal

WAITS = [
    ((19, 0), None),
    ((20, 0), 120),
    ((20, 20), None),
    ((21, 20), 0),
    ((70, 30), 0),
    ((71, 29), 30),
    ((85, 15), 30),
    ((86, 14), 120),
    ((330, 2670), None),
]
BROKEN = [((19, 0), False), ((20, 0), True), ((20, 2), True), ((27, 3), False), ((28, 3), True)]
STATES = [
    ({}, 0, StopState.STOPPED),
    ({}, 99, StopState.STOPPED),
    ({}, 101, StopState.HALF_OPEN),
    ({"probe_age": 0.0}, 601, StopState.HALF_OPEN),
    ({"probe_age": 0.0, "is_full": True}, 300, StopState.PROBING),
    ({"probe_age": 0.0, "is_full": True}, 601, StopState.STOPPED),
    ({"reason": "operator"}, 101, StopState.OVER),
    ({"is_allowed": True, "reason": "operator"}, 99, StopState.ALLOWED),
]


@pytest.mark.parametrize(("counts", "wait"), WAITS)
def test_pressure_has_steps(counts: tuple[int, int], wait: int | None) -> None:
    assert Conversion(*counts).find_wait(Pressure()) == wait


@pytest.mark.parametrize(("counts", "broken"), BROKEN)
def test_the_breaker_opens_below_a_tenth(counts: tuple[int, int], broken: bool) -> None:
    assert Conversion(*counts).is_broken(ConversionBreaker()) is broken


@pytest.mark.parametrize(("changed", "seconds", "state"), STATES)
def test_a_stop_changes_with_time(
    changed: dict[str, object], seconds: float, state: StopState
) -> None:
    stop = Stop("region", "SE", "strangers", False, "conversion", 100, 100.0, False, None)
    assert replace(stop, **changed).state_after(seconds) is state


@pytest.fixture(scope="module")
def url(stores: Stores) -> str:
    return stores.new_database()


@pytest.fixture
async def sends(stores: Stores, url: str) -> AsyncIterator[Sends]:
    async with by_the_table(stores, url) as made:
        yield made


async def test_one_network_is_asked_for_email_and_stops_no_country(sends: Sends) -> None:
    """Fifty from one /48 of v6, each from another /64, to as many numbers."""
    origins = [Origin.of(f"2001:db8:7:{n:x}::1") for n in range(1, 60)]
    for n, origin in enumerate(origins[:50], 1):
        await sends.send(number(n), Requester(origin))
    await sends.pass_by(61)
    with pytest.raises(SEND_LIMITS):
        await sends.send(number(91), Requester(origins[51]))
    await execute(sends.url, "DELETE FROM deliveries WHERE destination > $1", number(30).e164)
    sends.flush()
    refused = await refusal(sends, 92, Requester(origins[52]))
    assert (refused.limit, refused.email_helps) == ("pressure", True)
    await sends.send(number(93), requester(1))  # a stranger in another network
    await sends.send(number(94), replace(Requester(origins[53]), is_owners=True))
    await sends.send(number(95), Requester(origins[54], standing=Standing.MAILED))


@pytest.mark.parametrize("silent", [False, True], ids=["with Redis", "without"])
async def test_many_networks_bring_a_country_to_email_first(sends: Sends, silent: bool) -> None:
    await attack(sends, 20, 5)
    refused = await refusal(sends, 91, requester(1), silent=silent)
    assert (refused.limit, refused.email_helps) == ("conversion_breaker", True)
    assert await execute(sends.url, TOLD, "texts:stopped") == [("3600",)]
    await sends.send(number(92), requester(2, standing=Standing.MAILED), silent=silent)
    await sends.send(number(93), requester(3, standing=Standing.MEMBER), silent=silent)
    await sends.send(number(94), replace(requester(4), is_owners=True), silent=silent)
    await sends.send(Phone("+46701740605", "SE"), requester(5), silent=silent)


@pytest.mark.parametrize(("times", "proved"), [(19, 0), (60, 30), (40, 20)])
async def test_all_is_calm_below_that(sends: Sends, times: int, proved: int) -> None:
    await attack(sends, times, 10, proved=proved)
    await sends.send(number(91), requester(1))


@pytest.mark.parametrize("state", ["refused", "failed", "expired", "cancelled"])
async def test_what_never_reached_a_provider_is_no_pressure(sends: Sends, state: str) -> None:
    await attack(sends, 20, 5)
    await execute(sends.url, "UPDATE deliveries SET state = $1", state)
    await sends.send(number(91), requester(1))


async def test_what_was_sent_just_now_is_no_pressure(sends: Sends) -> None:
    await attack(sends, 40, 8)
    await execute(sends.url, "UPDATE deliveries SET created_at = clock_timestamp()")
    await sends.send(number(91), requester(1))


async def test_people_with_an_address_wait_where_they_prove_little(sends: Sends) -> None:
    await attack(sends, 20, 5)
    for n in range(31, 56):
        code = await sends.send(number(n), requester(n, 100 + n % 5, standing=Standing.MAILED))
        if n % 5 == 0:
            await sends.prove(code)
    await sends.pass_by(61)
    assert (await refusal(sends, 91, requester(1))).wait == 30
    assert await sends.limiter().gauge.find_wait(number(92), requester(2).origin) == 30


@pytest.mark.parametrize("has_account", [True, False])
async def test_nobody_who_signs_in_is_told_that_strangers_are_stopped(
    sends: Sends, has_account: bool
) -> None:
    """A number with an account is texted, and what became of it is kept as quiet as of none."""
    await attack(sends, 20, 5)
    await refusal(sends, 90, requester(1))
    person = replace(requester(2), standing=Standing.SIGNING_IN, has_account=has_account)
    await sends.send(number(91), person)
    [row] = await execute(sends.url, "SELECT * FROM deliveries WHERE is_quiet")
    expected = ("accounts", "queued") if has_account else ("withheld", "expired")
    assert (row["room"], row["state"]) == expected
    with pytest.raises(SEND_LIMITS):  # and counts for its number like any other
        await sends.send(number(91), person)


async def test_a_sign_in_takes_the_same_rooms_whether_or_not_there_is_an_account(
    sends: Sends,
) -> None:
    for n, has_account in ((1, True), (2, False)):
        person = replace(requester(n), standing=Standing.SIGNING_IN, has_account=has_account)
        await sends.send(number(n), person)
    rows = await execute(sends.url, "SELECT room, is_quiet, state FROM deliveries")
    assert [tuple(row) for row in rows] == [("sign-in", False, "queued")] * 2


async def test_an_operator_may_allow_what_the_breaker_would_stop(sends: Sends) -> None:
    await execute(sends.url, ALLOW)
    await attack(sends, 20, 5)
    await sends.send(number(91), requester(1))


async def test_an_operator_may_stop_a_region_for_all(sends: Sends) -> None:
    await execute(sends.url, ALLOW.replace("true", "false").replace("'strangers'", "'known'"))
    for standing in (Standing.MEMBER, Standing.SIGNING_IN):
        with pytest.raises(TextsStopped):
            await sends.send(number(91), requester(1, standing=standing))


ALLOW = """
INSERT INTO send_stops (kind, key, room, is_allowed, reason, until, seconds)
VALUES ('region', 'US', 'strangers', true, 'operator', clock_timestamp() + interval '1 day', 0)
"""
