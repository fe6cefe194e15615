"""Twilio: each of its answers, and each way not to answer, is an outcome."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.adapters.twilio import TwilioTexts
from app.domain.ports import (
    Reason,
    Refused,
    Sent,
    Text,
    Uncertain,
    Unsent,
)
from tests.adapters.samples import BODY, NUMBER, TEXT, texts_through
from tests.standins import behaviour as acts
from tests.standins.twilio import TwilioStandIn, rate_limited, refuse

SERVICE = "MG" + "ab" * 16


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (refuse(21211), Refused(Reason.UNUSABLE, "21211")),
        (refuse(21217), Refused(Reason.UNUSABLE, "21217")),
        (refuse(21265), Refused(Reason.UNUSABLE, "21265")),
        (refuse(21614), Refused(Reason.LANDLINE, "21614")),
        (refuse(21635), Refused(Reason.LANDLINE, "21635")),
        (refuse(21610), Refused(Reason.OPTED_OUT, "21610")),
        (refuse(21408), Refused(Reason.UNSERVED, "21408")),
        (refuse(21612), Refused(Reason.UNSERVED, "21612")),
        (refuse(30450), Refused(Reason.UNSERVED, "30450")),
        (refuse(20003), Refused(Reason.MISCONFIGURED, "20003")),
        (refuse(20404), Refused(Reason.MISCONFIGURED, "20404")),
        (refuse(21606), Refused(Reason.MISCONFIGURED, "21606")),
        (refuse(21608), Refused(Reason.MISCONFIGURED, "21608")),
        (refuse(30034), Refused(Reason.MISCONFIGURED, "30034")),
        (refuse(63038), Refused(Reason.MISCONFIGURED, "63038")),
        (refuse(29999), Refused(Reason.MISCONFIGURED, "29999")),
        (acts.answers(403, acts.HTML), Refused(Reason.MISCONFIGURED, "403")),
        (acts.answers(400, b'{"code": "21211"}'), Refused(Reason.MISCONFIGURED, "400")),
        (acts.answers(400, b"[]"), Refused(Reason.MISCONFIGURED, "400")),
        (acts.redirect(), Refused(Reason.MISCONFIGURED, "302")),
        (refuse(21611), Unsent("21611")),
        (rate_limited(), Unsent("20429")),
        (rate_limited(7), Unsent("20429", 7.0)),
        (rate_limited("soon"), Unsent("20429")),
        (rate_limited(format_datetime(datetime(2000, 1, 1, tzinfo=UTC))), Unsent("20429", 0.0)),
        (rate_limited(3, code=63038), Refused(Reason.MISCONFIGURED, "63038")),
        (acts.answers(429, acts.HTML), Unsent("429")),
        (acts.answers(503, b"", **{"Retry-After": "1"}), Unsent("503", 1.0)),
        (acts.answers(503, b'{"code": 20503}'), Unsent("20503")),
        (acts.answers(503, acts.HTML), Uncertain("503")),
        (acts.http_500(), Uncertain("500")),
        (acts.accept_then_500(), Uncertain("500")),
        (acts.html_502(), Uncertain("502")),
        (acts.html_200(), Uncertain("JSONDecodeError")),
        (acts.empty_success(), Uncertain("NoSid")),
        (acts.answers(201, b"{}"), Uncertain("NoSid")),
        (acts.answers(200, b'{"sid": "SM1"}'), Uncertain("NoSid")),
        (acts.answers(201, b'{"sid": 5}'), Uncertain("NoSid")),
        (acts.answers(201, b"[]"), Uncertain("AttributeError")),
        (acts.answers(201, b"\xff\xfe"), Uncertain("JSONDecodeError")),
        (acts.cut_body(), Uncertain("RemoteProtocolError")),
        (acts.hang(), Uncertain("ReadTimeout")),
        (acts.accept_then_hang(), Uncertain("ReadTimeout")),
    ],
)
async def test_each_answer_of_twilio_is_an_outcome(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, act: acts.Behaviour, outcome: object
) -> None:
    twilio.script.next(act)
    assert await twilio_texts.send(TEXT) == outcome
    assert len(twilio.messages) == act.accepts
    assert twilio.requests == 1, "the adapter itself never tries again"


@pytest.mark.parametrize("act", [acts.drop_connection(), acts.accept_then_drop()])
async def test_a_dropped_connection_is_uncertain(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, act: acts.Behaviour
) -> None:
    await twilio_texts.send(TEXT)  # so that the connection that drops is a reused one
    twilio.script.next(act)
    outcome = await twilio_texts.send(TEXT)
    assert isinstance(outcome, Uncertain)
    assert outcome.provider_code in ("RemoteProtocolError", "ReadError")
    assert twilio.requests == 2


async def test_refused_connections_are_safe_to_try_again(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn
) -> None:
    await twilio_texts.send(TEXT)
    twilio.stop()
    assert await twilio_texts.send(TEXT) == Unsent("ConnectError")
    twilio.start()
    assert isinstance(await twilio_texts.send(TEXT), Sent)
    assert len(twilio.messages) == 2


async def test_bad_answers_among_good_ones_stay_with_their_own_text(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn
) -> None:
    numbers = [f"+614915700{n:02}" for n in range(40)]
    for number in numbers[::4]:
        twilio.script.for_destination(number, refuse(21610))
    for number in numbers[1::4]:
        twilio.script.for_destination(number, acts.delayed(0.1))
    texts = [Text(number, BODY, timedelta(minutes=10)) for number in numbers]
    outcomes = await asyncio.gather(*map(twilio_texts.send, texts))
    assert outcomes[::4] == [Refused(Reason.OPTED_OUT, "21610")] * 10
    told = {
        outcome.provider_id: text.to
        for outcome, text in zip(outcomes, texts, strict=True)
        if isinstance(outcome, Sent)
    }
    assert len(told) == 30
    assert told == {text.sid: text.to for text in twilio.messages}


async def test_an_answer_that_drips_ends_at_the_deadline(
    client: httpx.AsyncClient, twilio: TwilioStandIn
) -> None:
    twilio.script.next(acts.drip_body())
    began = time.monotonic()
    texts = texts_through(client, twilio, deadline=0.5)
    assert await texts.send(TEXT) == Uncertain("Deadline")
    assert time.monotonic() - began < 5


async def test_a_hanging_twilio_is_given_up_in_time(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn
) -> None:
    twilio.script.always(acts.hang())
    began = time.monotonic()
    outcomes = await asyncio.gather(*[twilio_texts.send(TEXT) for _ in range(20)])
    assert outcomes == [Uncertain("ReadTimeout")] * 20
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("sender", ["+12025550100", SERVICE])
async def test_it_is_sent_from_a_number_or_a_service(
    client: httpx.AsyncClient, twilio: TwilioStandIn, sender: str
) -> None:
    twilio.sender = sender
    assert isinstance(await texts_through(client, twilio).send(TEXT), Sent)
    assert twilio.messages[0].sender == sender


@pytest.mark.parametrize(
    ("lifetime", "seconds"),
    [
        (timedelta(minutes=10), 600),
        (timedelta(seconds=90, milliseconds=900), 90),
        (timedelta(days=2), 36_000),
        (timedelta(0), 1),
        (-timedelta(minutes=1), 1),
    ],
)
async def test_twilio_drops_what_is_late(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, lifetime: timedelta, seconds: int
) -> None:
    await twilio_texts.send(Text(NUMBER, BODY, lifetime))
    assert twilio.messages[0].validity_period == seconds


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://latchkey.example/webhooks/twilio/status", True),
        ("http://127.0.0.1:8000/webhooks/twilio/status", False),
        ("", False),
    ],
)
async def test_twilio_is_asked_to_report_only_over_https(
    client: httpx.AsyncClient, twilio: TwilioStandIn, url: str, asked: bool
) -> None:
    text = replace(TEXT, reference="019ad6f4-8d3e-7b52-9c41-3a5a4f0c2e77")
    await texts_through(client, twilio, status_callback=url).send(text)
    named = f"{url}?message={text.reference}"
    assert twilio.messages[0].status_callback == (named if asked else None)
