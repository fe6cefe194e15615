"""`latchkey sms`: what texts cost and where they go, and an operator's word on that."""

import asyncio
import getpass
import json
from pathlib import Path
from typing import Any

import pytest

from app.adapters.postgres import Postgres
from app.domain.delivery.rooms import Room
from app.domain.delivery.stops import Stops, StopState
from app.domain.limits import ConversionBreaker
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores

STOPS = "SELECT kind, key, room, is_allowed, reason FROM send_stops ORDER BY room"
LASTS = "SELECT extract(epoch FROM until - now())::int AS seconds FROM send_stops"
TRAIL = "SELECT event, details FROM audit_events"
BUDGET = """
INSERT INTO text_budget (currency, budget, dearest, text, call) VALUES ('USD', 9e8, 1, 55000, 90000)
"""
CODES = """
INSERT INTO phone_verifications (id, flow_id, purpose, nonce, phone, expires_at, consumed_at)
SELECT gen_random_uuid(), sha256(n::text::bytea), 'signup', '', '+4915112345' || (100 + n), now(),
  CASE WHEN n <= 3 THEN now() END FROM generate_series(1, 30) n
"""
SENT = """
INSERT INTO deliveries (id, channel, template, destination, region, block, address, network,
                        purpose, verification_id, proved, state, expires_at, created_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', phone, 'DE', '+4915112', '10.0.0.1/32',
  '10.0.' || row_number() OVER () || '.0/24', purpose, id, consumed_at IS NOT NULL, 'sent', now(),
  now() - interval '5 minutes'
FROM phone_verifications
"""


@pytest.fixture
def url(stores: Stores) -> str:
    return stores.new_database()


def told(url: str, *words: str) -> Any:
    done = typed("sms", *words, "--json", DATABASE_URL=url)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


@pytest.mark.parametrize("verb", ["stop", "allow"])
def test_a_region_is_overridden_for_a_day_and_on_record(url: str, verb: str) -> None:
    result = told(url, verb, "se", "--yes", "--reason", "a bill")
    assert (result["kind"], result["key"], result["verdict"]) == ("region", "SE", verb)
    rows = [tuple(row) for row in ask(url, STOPS)]
    is_allowed = verb == "allow"
    rooms = ("mailed", "strangers")
    assert rows == [("region", "SE", room, is_allowed, "a bill") for room in rooms]
    assert {86_390 <= row["seconds"] <= 86_400 for row in ask(url, LASTS)} == {True}
    [event] = ask(url, TRAIL)
    assert event["event"] == ("texts:allowed" if is_allowed else "texts:stopped")
    assert json.loads(event["details"]) | {"rooms": ""} == {
        "by": getpass.getuser(), "kind": "region", "key": "SE", "rooms": "", "seconds": 86_400,
        "reason": "a bill",
    }  # fmt: skip


def test_the_last_word_counts_and_may_be_for_everybody(url: str) -> None:
    told(url, "allow", "+4670174", "--for", "7d", "--yes")
    told(url, "stop", "+4670174", "--for", "90m", "--everybody", "--yes")
    rows = ask(url, STOPS)
    assert [(row["room"], row["is_allowed"]) for row in rows] == [
        ("known", False), ("mailed", False), ("strangers", False),
    ]  # fmt: skip
    assert {5_390 <= row["seconds"] <= 5_400 for row in ask(url, LASTS)} == {True}


async def test_a_running_server_goes_by_it(stores: Stores) -> None:
    """As soon as it looks again, a second later, and without Redis."""
    url = await asyncio.to_thread(stores.new_database)
    database = Postgres(url)
    await database.open()
    stops = Stops(database, ConversionBreaker())
    assert await stops.find("SE", "+4670174", Room.STRANGERS) == []
    await asyncio.to_thread(told, url, "stop", "SE", "--yes")
    await asyncio.sleep(1.1)
    [(_, state)] = await stops.find("SE", "+4670174", Room.STRANGERS)
    assert state is StopState.STOPPED
    await database.close()


@pytest.mark.parametrize(("allowed", "stopped"), [
    (("region", "SE"), ("block", "+4670174")), (("block", "+4670174"), ("region", "SE")),
])  # fmt: skip
async def test_an_operators_word_holds_over_a_breaker_of_either_kind(
    stores: Stores, allowed: tuple[str, str], stopped: tuple[str, str]
) -> None:
    url = await asyncio.to_thread(stores.new_database)
    database = Postgres(url)
    await database.open()
    stops = Stops(database, ConversionBreaker())
    await stops.start(*stopped, Room.STRANGERS, 3)
    await asyncio.to_thread(told, url, "allow", allowed[1], "--yes")
    [(stop, state)] = await stops.find("SE", "+4670174", Room.STRANGERS)
    assert ((stop.kind, stop.key), state) == (allowed, StopState.ALLOWED)
    await database.close()


def test_nothing_changes_without_a_yes(url: str) -> None:
    done = typed("sms", "stop", "SE", DATABASE_URL=url)
    assert done.exit_code == 2
    assert "No texts go to region SE for people that nobody knows until 20" in done.output
    assert "--yes" in done.output
    assert ask(url, STOPS) == ask(url, TRAIL) == []


@pytest.mark.parametrize("words", [
    ("SWE",), ("+46",), ("4670174",), ("SE", "--for", "1w"), ("SE", "--for", "0h"),
    ("SE", "--for", "366d"), ("SE", "--until", "2020-01-01"), ("SE", "--until", "soon"),
    ("SE", "--until", "2999-01-01"), ("SE", "--for", "1h", "--until", "2027-01-01"),
    ("SE", "--reason", " "), ("SE", "--reason", "conversion"),
])  # fmt: skip
def test_what_cannot_be_meant_is_wrong_use(words: tuple[str, ...]) -> None:
    assert typed("sms", "stop", *words, "--yes", DATABASE_URL="postgresql://x").exit_code == 2


def test_status_says_what_was_sent_proved_and_paid_and_what_is_stopped(url: str) -> None:
    for statement in (BUDGET, CODES, SENT):
        ask(url, statement)
    told(url, "stop", "FR", "--for", "2h", "--yes", "--reason", "pumping")
    found = told(url, "status")
    [region] = found["regions"]
    assert (region["region"], region["sent_hour"], region["sent_day"]) == ("DE", 30, 30)
    assert (region["proved_day"], region["cost_day"]) == (3, 30 * 55_000)
    assert (region["unproved"], region["wait"]) == (27, 120)
    assert found["spent"]["spent"] == 30 * 55_000
    assert found["cost_per_signup"] == 30 * 55_000 / 3
    stopped = {(stop["key"], stop["room"], stop["reason"]) for stop in found["stops"]}
    assert stopped == {("FR", "strangers", "pumping"), ("FR", "mailed", "pumping")}
    assert found["limits"]["pressure"]["least"] == 20
    assert found["limits"]["known_per_region"]["day"] == 1000
    text = typed("sms", "status", DATABASE_URL=url).output
    for words in (
        "1.65 of 900.00 USD", "DE: 30 and 30 sent, 3 and 3 proved (10 % of the day)",
        "under pressure, 120 s to wait", "A number proved in a sign-up costs 0.55 USD",
        "region FR for strangers: stopped, by pumping, until 20", "texts_per_number: 5 in 3600 s",
        "strangers_per_region: 100 an hour, 200 a day, or 30 % of the proved",
    ):  # fmt: skip
        assert words in text, text


def test_status_of_a_database_that_nothing_was_sent_from(url: str) -> None:
    text = typed("sms", "status", DATABASE_URL=url).output
    assert "none is in force yet" in text
    assert "Nothing is stopped." in text


def test_prices_are_those_of_the_settings(tmp_path: Path) -> None:
    text = typed("sms", "prices", SMS_DAILY_BUDGET="50 USD").output
    assert "Prices in USD as of 2026-11-30: built-in estimates." in text
    assert "US: a text 0.0120, a minute of a call 0.0140" in text
    assert "Budget of a day (UTC): 50.00 USD." in text
    known = json.loads(typed("sms", "prices", "--json", SMS_DAILY_BUDGET="50 EUR").output)
    assert (known["currency"], known["budget"]) == ("EUR", "50.00")
    (tmp_path / "prices.toml").write_text("as_of = 1")
    refused = typed("sms", "prices", SMS_PRICES_FILE=str(tmp_path / "prices.toml"))
    assert refused.exit_code == 2
    assert "prices.toml:1: Say when these prices were looked up" in refused.output
