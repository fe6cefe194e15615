"""Attacks and honest crowds, replayed on a turned clock: who gets their text, and what it costs."""

import asyncio
from collections.abc import Iterator

import pytest

from app.domain.limits import DAY, HOUR, MINUTE
from tests.stores import Stores
from tests.traced import BEGAN, replay_ours
from tests.traces import (
    Asker,
    AuthgearAsShipped,
    Verdict,
    launch,
    pumping,
    replay,
    slow_drip,
    stopped_country,
)
from tests.turned_clock import TurnedClock, turned_stores

LAUNCHED = 3000  # people of the whole trace
Turned = tuple[Stores, TurnedClock]


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turned]:
    with turned_stores(tmp_path_factory.mktemp("turned"), BEGAN) as stores:
        yield stores


def test_pumping_costs_a_tenth_and_no_honest_person_is_refused(turned: Turned) -> None:
    trace = pumping()
    ours = replay_ours(*turned, trace, verified_a_day=600)
    theirs = asyncio.run(replay(trace, AuthgearAsShipped(600), lambda at: None))
    assert ours.count_honest(Verdict.REFUSED) == 0
    assert ours.lost <= theirs.lost / 4
    assert ours.lost <= 60


def test_pumping_with_a_mailbox_for_each_text_is_stopped_too(turned: Turned) -> None:
    beginning = [ask for ask in pumping() if ask.at < HOUR / 2]
    assert replay_ours(*turned, beginning, verified_a_day=600, mailboxes=True).lost <= 60


def test_a_network_that_asks_for_fifty_texts_at_once_stops_nobody_else(turned: Turned) -> None:
    morning = [ask for ask in stopped_country() if ask.at < 3 * HOUR]
    ours = replay_ours(*turned, morning, verified_a_day=600)
    assert ours.count(Verdict.SENT, Asker.ATTACKER) == 50, "or this attack shows nothing"
    assert ours.count(Verdict.REFUSED, Asker.OWNER, Asker.KNOWN_DEVICE) == 0
    assert ours.honest_unusual == 0


def test_a_launch_behind_one_address_goes_through_without_any_history(turned: Turned) -> None:
    """Its first minutes are the hardest: nothing was proved there yet."""
    beginning = [ask for ask in launch() if ask.at < 6 * MINUTE]
    ours = replay_ours(*turned, beginning, verified_a_day=0)
    assert ours.honest_unusual <= LAUNCHED * 0.02
    last_minute = [ask for ask in beginning if ask.at >= 5 * MINUTE]
    assert ours.last_refused_at < 5 * MINUTE < last_minute[0].at


def test_a_slow_drip_takes_nothing_from_honest_people(turned: Turned) -> None:
    a_day = [ask for ask in slow_drip() if ask.at < DAY]
    ours = replay_ours(*turned, a_day, verified_a_day=100)
    assert ours.count_honest(Verdict.REFUSED) == 0
