"""The page of today, texts by region, and what is said when a store is away."""

import asyncio
import json

import asyncpg
import pytest

from app.console import records
from tests.console.operator import Operator, console_at
from tests.stores import Stores, execute

STEPS = """
INSERT INTO audit_events (event) SELECT event FROM unnest(ARRAY['signup:code_sent',
  'signup:code_sent', 'signup:code_sent', 'signup:phone_proved', 'signup:completed']) event
"""
SENDS = """
INSERT INTO deliveries (id, channel, template, destination, region, address, network, nonce,
  purpose, state, created_at, expires_at)
SELECT gen_random_uuid(), channel, 'phone_code', 'x' || n, 'SE', '10.0.0.1/32', '10.0.0.0/24',
  '\\x00', 'signup', state, statement_timestamp() - make_interval(secs => n),
  now() + interval '10 minutes'
FROM unnest(ARRAY['sms', 'sms', 'email', 'sms'], ARRAY['queued', 'sending', 'sent', 'queued'])
  WITH ORDINALITY AS sent (channel, state, n)
"""
BUDGET = (
    "INSERT INTO text_budget (currency, budget, dearest, text, call) VALUES ('USD', 200e6, 1, 1, 1)"
)
SPENT = """
INSERT INTO text_spending (day, shard, spent)
VALUES ((statement_timestamp() AT TIME ZONE 'UTC')::date, 0, 50e6)
ON CONFLICT (day, shard) DO UPDATE SET spent = excluded.spent
"""
OVERRIDES = "SELECT event, details FROM audit_events WHERE event LIKE 'texts:%' ORDER BY id"
STOPS = "SELECT room, is_allowed, seconds FROM send_stops WHERE key = 'NO'"


async def test_it_shows_what_happened_costs_and_waits(stores: Stores) -> None:
    url = await asyncio.to_thread(stores.new_database)
    for statement in (STEPS, BUDGET, SENDS, SPENT):
        await execute(url, statement)
    async with console_at(url, f"{stores.redis_url}?db=5") as application:
        operator = Operator(application, "10.200.0.1")
        await operator.sign_in()
        html = " ".join((await operator.get("/console")).html.split())
    assert "From 3 codes sent to 1 accounts made. Sign-ins by phone are among" in html
    assert "<td>3</td>" in html
    assert "3 by text or call and 1 by e-mail; at most 4 in an hour (UTC)." in html
    assert html.count("<svg viewBox") == html.count("<title id=") + 1  # the mark has none
    assert "50.00 of 200.00 USD today, which is 25 %" in html
    assert "<dt>Waiting</dt><dd>2</dd>" in html
    assert "<dt>Being handed over</dt><dd>1</dd>" in html
    assert "Nothing is stopped." in html
    assert "No region is under pressure." in html


async def test_an_empty_day_has_a_page(operator: Operator) -> None:
    seen = await operator.get("/console")
    assert seen.status == 200
    assert "No budget is in force yet" in seen.html


async def test_texts_are_stopped_and_allowed_once_that_is_confirmed(
    operator: Operator, url: str
) -> None:
    asked = "place=no&hours=1&reason=pumping+there"
    page = await operator.get(f"/console/texts/stop?{asked}")
    assert "No texts go to region NO for people that nobody knows until" in page.html
    assert await execute(url, STOPS) == []
    done = await operator.confirm(f"/console/texts/stop?{asked}")
    assert "pumping there" in done.html
    rows = await execute(url, STOPS)
    assert [(row["room"], row["seconds"]) for row in rows] == [
        ("strangers", 3600),
        ("mailed", 3600),
    ]
    await operator.confirm(f"/console/texts/allow?{asked}&everybody=yes")
    rows = await execute(url, STOPS)
    assert [row["is_allowed"] for row in rows] == [True] * 3
    recorded = [(row["event"], json.loads(row["details"])) for row in await execute(url, OVERRIDES)]
    assert [(event, details["by"]) for event, details in recorded] == [
        ("texts:stopped", "Ada"),
        ("texts:allowed", "Ada"),
    ]


async def test_what_is_wrong_with_a_stop_is_said(operator: Operator) -> None:
    place = await operator.get("/console/texts/stop?place=zz&reason=why")
    assert (place.status, place.field("reason")) == (422, "why")
    assert "Name a region" in place.alert
    for reason in ("", "conversion", "a" * 201):
        seen = await operator.get(f"/console/texts/allow?place=SE&reason={reason}")
        assert (seen.status, "Say why" in seen.alert) == (422, True)


async def test_a_list_that_takes_too_long_says_what_helps(
    stores: Stores, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "PATIENCE", 200)
    async with console_at(url, f"{stores.redis_url}?db=5") as application:
        operator = Operator(application, "10.200.0.4")
        await operator.sign_in()
        holding = await asyncpg.connect(url)
        async with holding.transaction():
            await holding.execute("LOCK TABLE deliveries")
            seen = await operator.get("/console/messages")
        await holding.close()
        assert (seen.status, seen.heading) == (503, "That took too long")
        assert (await operator.get("/console/messages")).status == 200


async def test_a_store_that_is_away_is_named(stores: Stores, url: str) -> None:
    nowhere = "postgresql://latchkey@127.0.0.1:1/none"
    async with console_at(nowhere, f"{stores.redis_url}?db=5") as application:
        operator = Operator(application, "10.200.0.2")
        seen = await operator.sign_in()
        assert (seen.status, seen.heading) == (503, "PostgreSQL doesn’t answer")
        operator.http.cookies.clear()
        operator.http.cookies.set("console", operator.sessions.open("Ada"))
        for path in (
            "/console",
            "/console/messages",
            "/console/audit",
            "/console/people?contact=a@b.org",
        ):
            seen = await operator.get(path)
            assert (seen.status, seen.heading) == (503, "PostgreSQL doesn’t answer"), path
            assert seen.response.headers["retry-after"] == "30"
    async with console_at(url, "redis://127.0.0.1:1/0") as application:
        operator = Operator(application, "10.200.0.3")
        assert (await operator.sign_in()).status == 303
        assert "Redis doesn’t answer" in (await operator.get("/console")).html
