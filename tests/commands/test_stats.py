"""`latchkey stats`: figures of codes, deliveries, refusals and sign-ups, by known rows."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from app.domain.statistics import CodeFigures, first_id
from tests.commands.running import typed
from tests.faults.staged import ask
from tests.stores import Stores

CODES = """
INSERT INTO phone_verifications
  (id, flow_id, purpose, nonce, phone, attempts, created_at, expires_at, consumed_at)
SELECT $1::uuid, sha256($1::uuid::text::bytea), 'signup', '', '+61491570006', $2,
  now() - interval '2 minutes', now(),
  now() - interval '2 minutes' + make_interval(secs => $3::float)
"""
SENT = """
INSERT INTO deliveries (id, channel, template, destination, region, address, network, state, sender,
  created_at, sent_at, updated_at, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+1', 'AU', '10.0.0.1/32', '', 'delivered', 'twilio',
  at, at + n * interval '1 second', at + n * interval '2 seconds', at
FROM generate_series(1, 3) n, (SELECT now() - interval '1 hour' AS at) begun
"""
NOTICE = """
INSERT INTO deliveries (id, channel, template, destination, address, network, expires_at)
VALUES (gen_random_uuid(), 'email', 'new_device', 'a@example.org', '', '', now())
"""
REFUSED = """
INSERT INTO refused_sends (subject, refusal, limit_name, hour, purpose, network)
SELECT decode(md5(n::text), 'hex'), 'too_many_sends', 'texts_per_number', now(), 'signup', ''
FROM generate_series(1, 2) n
"""
DONE = "INSERT INTO audit_events (event) VALUES ('signup:completed'), ('signup:completed')"


@pytest.fixture
def url(stores: Stores) -> str:
    """Three codes: right at once, with the second guess, and never guessed at."""
    fresh = stores.new_database()
    for attempts, seconds in ((1, 20.0), (2, 60.0), (0, None)):
        ask(fresh, CODES, uuid7(), attempts, seconds)
    for statement in (SENT, NOTICE, REFUSED, DONE):
        ask(fresh, statement)
    return fresh


def test_the_figures_are_those_of_the_rows(url: str) -> None:
    stats = json.loads(typed("stats", "--json", DATABASE_URL=url).output)
    [codes] = stats["codes"]
    assert (codes["codes"], codes["guessed"], codes["right_at_once"]) == (3, 2, 1)
    assert (codes["first_try"], codes["reaches_first_try_bar"]) == (0.5, False)
    assert (round(codes["mean"]), codes["reaches_seconds_bar"]) == (40, False)
    assert round(codes["until_proved"]["p50"]) == 40
    [texts] = stats["deliveries"]
    assert (texts["region"], texts["sender"], texts["messages"]) == ("AU", "twilio", 3)
    assert (texts["taken"], texts["arrived"]) == (3, 3)
    assert [round(texts[name]["p50"]) for name in ("until_taken", "until_arrived")] == [2, 4]
    assert stats["refusals"] == [
        {"refusal": "too_many_sends", "limit": "texts_per_number", "times": 2}
    ]
    assert stats["steps"]["signup:completed"] == 2
    events = ask(url, "SELECT FROM audit_events WHERE event = 'stats:read'")
    assert len(events) == 1


def test_it_says_whether_the_bars_are_reached(url: str) -> None:
    output = typed("stats", "--days", "1", DATABASE_URL=url).output
    assert "right at the first try: 50.0%, which misses the bar of 90%" in output
    assert "p50 40.0 s, p95 58.0 s, mean 40.0 s, which misses the bar of 38 s" in output
    assert (
        "  texts and calls AU by twilio: 3 messages, 3 taken (p50 2.0 s, p95 2.9 s), 3 arrived"
        in output
    )
    assert "  texts_per_number: 2 (too_many_sends)" in output


def test_nothing_is_no_crash(stores: Stores) -> None:
    empty = typed("stats", DATABASE_URL=stores.new_database())
    assert empty.exit_code == 0
    assert "  accounts made: 0" in empty.output


COSTS = """
UPDATE deliveries SET cost = 50000, purpose = 'signup', room = CASE WHEN sent_at - created_at
  > interval '2 s' THEN 'sign-in' ELSE 'strangers' END WHERE channel = 'sms'
"""
PRICES = "INSERT INTO text_budget VALUES (true, 'USD', 1, 1, 1, 1)"


def test_what_a_sign_up_has_cost_is_told_where_there_are_prices(url: str) -> None:
    ask(url, COSTS)
    assert json.loads(typed("stats", "--json", DATABASE_URL=url).output)["cost"] is None
    ask(url, PRICES)
    cost = json.loads(typed("stats", "--json", DATABASE_URL=url).output)["cost"]
    assert cost == {"currency": "USD", "cost": 100000, "accounts": 2, "of_one": 0.05}
    output = typed("stats", DATABASE_URL=url).output
    assert "  texts and calls for it: 0.10 USD, 0.0500 for each account made" in output


@pytest.mark.parametrize(("first", "mean", "reached"), [(9, 38.0, True), (8, 38.1, False)])
def test_a_bar_is_reached_by_its_very_figure(first: int, mean: float, reached: bool) -> None:
    codes = CodeFigures("sms", 10, 10, first, 10, mean, None)
    assert (codes.reaches_first_try_bar, codes.reaches_seconds_bar) == (reached, reached)


def test_an_id_of_a_moment_is_not_above_those_made_then() -> None:
    now = datetime.now(UTC)
    assert first_id(now - timedelta(milliseconds=2)) < uuid7() < first_id(now + timedelta(60))


@pytest.mark.parametrize("days", ["0", "31", "many"])
def test_messages_are_kept_for_thirty_days(stores: Stores, days: str) -> None:
    assert typed("stats", "--days", days).exit_code == 2
