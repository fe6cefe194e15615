"""Telnyx: each of its answers, and each way not to answer, is an outcome; and its receipts."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.adapters.telnyx import SIGNATURE, TIMESTAMP, TelnyxReceipts, TelnyxTexts
from app.domain.delivery.outbox import State
from app.domain.delivery.receipts import Forged, Receipt
from app.domain.errors import Unavailable
from app.domain.ports import Reason, Refused, Sent, Text, Uncertain, Unsent
from tests.adapters.samples import TEXT, texts_by_telnyx
from tests.standins import behaviour as acts
from tests.standins.telnyx import STATUS_PATH, ReceivedText, TelnyxStandIn, refuse

PROFILE = "400136d2-2b44-4b2d-9b1f-2b6c1d7a8f10"
WEBHOOK = f"https://latchkey.example{STATUS_PATH}"
REFERENCE = "019ad6f4-8d3e-7b52-9c41-3a5a4f0c2e77"
OURS = replace(TEXT, reference=REFERENCE)


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (refuse(40310), Refused(Reason.UNUSABLE, "40310")),
        (refuse(40001), Refused(Reason.LANDLINE, "40001")),
        (refuse(40300), Refused(Reason.OPTED_OUT, "40300")),
        (refuse(40309), Refused(Reason.UNSERVED, "40309")),
        (refuse(10009), Refused(Reason.MISCONFIGURED, "10009")),
        (refuse(40305), Refused(Reason.MISCONFIGURED, "40305")),
        (refuse(40312), Refused(Reason.MISCONFIGURED, "40312")),
        (refuse(49999), Refused(Reason.MISCONFIGURED, "49999")),
        (acts.answers(403, acts.HTML), Refused(Reason.MISCONFIGURED, "403")),
        (acts.answers(422, b'{"errors": []}'), Refused(Reason.MISCONFIGURED, "422")),
        (acts.answers(400, b"[]"), Refused(Reason.MISCONFIGURED, "400")),
        (acts.redirect(), Refused(Reason.MISCONFIGURED, "302")),
        (refuse(10011), Unsent("10011")),
        (refuse(40318), Unsent("40318")),
        (acts.answers(429, b"", **{"Retry-After": "7"}), Unsent("429", 7.0)),
        (acts.answers(503, b"", **{"Retry-After": "1"}), Unsent("503", 1.0)),
        (acts.answers(503, acts.HTML), Uncertain("503")),
        (acts.http_500(), Uncertain("500")),
        (acts.accept_then_500(), Uncertain("500")),
        (acts.html_200(), Uncertain("JSONDecodeError")),
        (acts.empty_success(), Uncertain("JSONDecodeError")),
        (acts.answers(200, b"{}"), Uncertain("KeyError")),
        (acts.answers(200, b"[]"), Uncertain("TypeError")),
        (acts.answers(200, b'{"data": {"id": 5}}'), Uncertain("NoId")),
        (acts.cut_body(), Uncertain("RemoteProtocolError")),
        (acts.hang(), Uncertain("ReadTimeout")),
        (acts.accept_then_hang(), Uncertain("ReadTimeout")),
    ],
)
async def test_each_answer_of_telnyx_is_an_outcome(
    telnyx_texts: TelnyxTexts, telnyx: TelnyxStandIn, act: acts.Behaviour, outcome: object
) -> None:
    telnyx.script.next(act)
    assert await telnyx_texts.send(TEXT) == outcome
    assert (len(telnyx.messages), telnyx.requests) == (act.accepts, 1)


async def test_refused_connections_are_safe_to_try_again(
    telnyx_texts: TelnyxTexts, telnyx: TelnyxStandIn
) -> None:
    telnyx.stop()
    assert await telnyx_texts.send(TEXT) == Unsent("ConnectError")
    telnyx.start()
    assert isinstance(await telnyx_texts.send(TEXT), Sent)


@pytest.mark.parametrize("given", [{"profile": PROFILE}, {"sender": "", "profile": PROFILE}])
async def test_it_is_sent_from_a_number_or_by_a_profile(
    client: httpx.AsyncClient, telnyx: TelnyxStandIn, given: dict[str, str]
) -> None:
    assert isinstance(await texts_by_telnyx(client, telnyx, **given).send(TEXT), Sent)
    assert telnyx.messages[0].sender == given.get("sender", telnyx.sender)


@pytest.mark.parametrize("url", [WEBHOOK, "http://127.0.0.1:8000/webhooks/telnyx/status", ""])
async def test_telnyx_is_asked_to_report_only_over_https(
    client: httpx.AsyncClient, telnyx: TelnyxStandIn, url: str
) -> None:
    await texts_by_telnyx(client, telnyx, webhook=url).send(OURS)
    named = f"{WEBHOOK}?message={REFERENCE}" if url == WEBHOOK else None
    assert telnyx.messages[0].webhook_url == named


@pytest.fixture
def reporting(client: httpx.AsyncClient, telnyx: TelnyxStandIn) -> TelnyxTexts:
    return texts_by_telnyx(client, telnyx, webhook=WEBHOOK)


async def found(texts: TelnyxTexts, text: Text = OURS) -> str | None:
    return await texts.find(text, timedelta(seconds=1))


async def test_a_text_is_found_by_our_id(reporting: TelnyxTexts, telnyx: TelnyxStandIn) -> None:
    sent = await reporting.send(OURS)
    assert isinstance(sent, Sent)
    assert await found(reporting) == sent.provider_id
    assert await found(reporting, replace(OURS, reference=REFERENCE[:-1] + "8")) is None
    telnyx.status = "sending_failed"
    assert await found(reporting) is None


async def test_without_a_record_nobody_can_tell(
    telnyx_texts: TelnyxTexts, reporting: TelnyxTexts, telnyx: TelnyxStandIn
) -> None:
    """A record is made some time after the text was taken, and is known by the address in it."""
    assert await found(reporting) is None
    await telnyx_texts.send(OURS)
    assert await found(telnyx_texts) is None


@pytest.mark.parametrize(
    "act",
    [
        acts.http_500(), acts.hang(), acts.html_200(), acts.answers(200, b"[]"), refuse(10009),
        acts.answers(200, b'{"data": [5]}'), acts.answers(200, b'{"data": 5}'),
    ],
)  # fmt: skip
async def test_what_is_no_list_tells_nothing_for_now(
    reporting: TelnyxTexts, telnyx: TelnyxStandIn, act: acts.Behaviour
) -> None:
    telnyx.records.next(act)
    with pytest.raises(Unavailable):
        await found(reporting)


# What it tells later.


@pytest.fixture
def taken() -> ReceivedText:
    now = datetime.now(UTC)
    return ReceivedText("+1", "", "", f"{WEBHOOK}?message={REFERENCE}", PROFILE, now)


def read(
    telnyx: TelnyxStandIn, event: object, target: str = STATUS_PATH, **headers: Any
) -> list[Receipt]:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signed = telnyx.sign(body, str(int(time.time()) + headers.get("late", 0)))
    given = {
        SIGNATURE: headers.get("signature", signed["telnyx-signature-ed25519"]).encode(),
        TIMESTAMP: headers.get("timestamp", signed["telnyx-timestamp"]).encode(),
    }
    key = headers.get("key", telnyx.environment["TELNYX_PUBLIC_KEY"])
    return TelnyxReceipts(key).read_receipts(target, given, body)


@pytest.mark.parametrize(
    ("status", "codes", "receipt"),
    [
        ("sent", (), (State.SENT, None, None)),
        ("delivered", (), (State.DELIVERED, None, None)),
        ("delivery_unconfirmed", (), (State.SENT, None, None)),
        ("delivery_failed", ("40001",), (State.REFUSED, Reason.LANDLINE, "40001")),
        ("delivery_failed", ("40002",), (State.REFUSED, Reason.FILTERED, "40002")),
        ("delivery_failed", ("40008",), (State.FAILED, Reason.UNREACHABLE, "40008")),
        ("delivery_failed", (), (State.FAILED, Reason.UNREACHABLE, None)),
        ("sending_failed", ("40010",), (State.FAILED, Reason.MISCONFIGURED, "40010")),
        ("expired", (), (State.FAILED, Reason.EXPIRED, None)),
    ],
)
def test_each_status_is_a_receipt(
    telnyx: TelnyxStandIn, taken: ReceivedText, status: str, codes: tuple[str, ...], receipt: object
) -> None:
    [told] = read(telnyx, telnyx.event(taken, status, *codes))
    assert (told.state, told.reason, told.provider_code) == receipt
    assert (told.reference, told.provider_id) == (REFERENCE, PROFILE)


@pytest.mark.parametrize("status", ["queued", "sending", "made up"])
def test_what_is_news_to_nobody_is_passed_over(
    telnyx: TelnyxStandIn, taken: ReceivedText, status: str
) -> None:
    assert read(telnyx, telnyx.event(taken, status)) == []
    for odd in ({}, {"data": 5}, {"data": {"payload": {"to": []}}}, {"data": {"payload": None}}):
        assert read(telnyx, odd) == []
    assert read(telnyx, telnyx.event(taken, "delivered"), "/webhooks/telnyx/inbound") == []


@pytest.mark.parametrize(
    "forgery",
    [
        {"signature": ""},
        {"signature": "x"},
        {"signature": "AAAA"},
        {"timestamp": "1764547200"},
        {"timestamp": "9" * 13},
        {"timestamp": "-1"},
        {"late": -700},
        {"late": 700},
        {"key": ""},
        {"key": "A" * 43 + "="},
    ],
    ids=str,
)
def test_a_forged_or_old_receipt_is_refused(
    telnyx: TelnyxStandIn, taken: ReceivedText, forgery: dict[str, Any]
) -> None:
    with pytest.raises(Forged):
        read(telnyx, telnyx.event(taken, "delivered"), **forgery)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_it_would_not_sign_is_refused(telnyx: TelnyxStandIn, body: bytes) -> None:
    with pytest.raises(Forged):
        read(telnyx, body)
