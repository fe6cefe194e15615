"""The lists of the console: filters and pages."""

import json
from uuid import uuid4

import pytest

from tests.console.operator import Operator
from tests.person import new_email, new_phone
from tests.stores import execute

SENDS = """
INSERT INTO deliveries (id, channel, template, destination, region, address, network, nonce,
  purpose, state, created_at, expires_at)
SELECT gen_random_uuid(), 'sms', 'phone_code', '+46701740' || (600 + n), 'SE', '10.0.0.1/32',
  '10.0.0.0/24', decode('0123456789abcdef', 'hex'), 'signup', $1, now() - make_interval(secs => n),
  now() + interval '10 minutes'
FROM generate_series(1, $2::int) n
"""
OLD = "UPDATE deliveries SET created_at = now() - interval '3 days' WHERE destination LIKE '%0650'"
EVENTS = """
INSERT INTO audit_events (event, network, details)
SELECT 'signup:started', '192.0.2.0/24', '{"by": "Nobody"}' FROM generate_series(1, 3)
"""
PERSON = "INSERT INTO users (id, phone, email) VALUES ($1, $2, $3)"
NEWEST = """
SELECT user_id, details FROM audit_events WHERE event = $1 AND details ->> 'by' = 'Ada'
ORDER BY id DESC LIMIT 1
"""


@pytest.fixture(scope="module", autouse=True)
async def rows(url: str) -> None:
    await execute(url, SENDS, "sent", 60)
    await execute(url, SENDS, "queued", 2)
    await execute(url, OLD)
    await execute(url, EVENTS)


async def test_messages_come_by_filters_and_pages(operator: Operator) -> None:
    first = await operator.get("/console/messages?region=se&state=sent&channel=sms")
    assert first.html.count("<tr>") == 51
    assert "1 to 50 of 59; page 1 of 2" in first.html
    assert "+46701740601" in first.html
    assert "0123456789abcdef" not in first.html
    second = await operator.get("/console/messages?region=se&state=sent&channel=sms&page=2")
    assert second.html.count("<tr>") == 10
    assert 'rel="prev"' in second.html
    assert 'rel="next"' not in second.html
    longer = await operator.get("/console/messages?region=SE&state=sent&since=week")
    assert "of 60;" in longer.html
    waiting = await operator.get("/console/messages?region=SE&state=queued")
    assert "1 to 2 of 2" in waiting.html


@pytest.mark.parametrize("asked", ["page=0", "page=x", "page=99999999999", "since=ever", "state=x",
                                   "page=٣", "channel='"])  # fmt: skip
async def test_what_cannot_be_read_was_not_asked_for(operator: Operator, asked: str) -> None:
    assert (await operator.get(f"/console/messages?{asked}")).status == 200


async def test_nothing_is_said_in_words(operator: Operator) -> None:
    seen = await operator.get("/console/messages?region=ZZ&since=hour")
    assert "No message of the last hour is like that." in seen.html
    none = await operator.get("/console/audit?event=nothing:happened")
    assert "There’s no such event in the last 24 hours." in none.html


async def test_the_audit_comes_by_filters_with_names(operator: Operator) -> None:
    seen = await operator.get("/console/audit?event=signup:started")
    assert "1 to 3 of 3" in seen.html
    assert "by Nobody" in seen.html
    own = await operator.get("/console/audit?event=audit:read")
    assert "by Ada" in own.html
    nobody = await operator.get("/console/audit?contact=nobody@example.org")
    assert (nobody.status, "Nobody has this" in nobody.alert) == (422, True)
    wrong = await operator.get("/console/audit?contact=ada")
    assert wrong.status == 422


async def newest(url: str, event: str) -> tuple[object, dict[str, object]]:
    """Whom it was about, and its details."""
    [row] = await execute(url, NEWEST, event)
    return row["user_id"], json.loads(row["details"])


async def test_whose_trail_was_read_and_which_event_is_on_record(
    operator: Operator, url: str
) -> None:
    user_id, email = uuid4(), new_email()
    await execute(url, PERSON, user_id, new_phone(), email)
    await operator.get(f"/console/audit?contact={email}&event=session:opened")
    about = {"by": "Ada", "page": 1, "of": "session:opened"}
    assert await newest(url, "audit:read") == (user_id, about)
    await operator.get("/console/audit?event=signup:started")  # of an earlier version
    about["of"] = "signup:started"
    assert await newest(url, "audit:read") == (None, about)
    await operator.get("/console/audit?event=%2B46701740605")
    assert await newest(url, "audit:read") == (None, {"by": "Ada", "page": 1})


async def test_by_which_filters_messages_were_listed_is_on_record(
    operator: Operator, url: str
) -> None:
    await operator.get("/console/messages?region=se&state=sent&channel=sms&page=2")
    filters = {"channel": "sms", "state": "sent", "region": "SE"}
    assert await newest(url, "messages:listed") == (None, {"by": "Ada", "page": 2, **filters})
    await operator.get("/console/messages?region=%2B46701740605&state=x")
    assert await newest(url, "messages:listed") == (None, {"by": "Ada", "page": 1})
