"""The port `TextMessages`: one contract, met by the local adapter and by those of vendors alike."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from app.adapters.telnyx import TelnyxTexts
from app.adapters.twilio import TwilioTexts
from app.dev.outbox import LocalTexts, Outbox
from app.domain.ports import Sent, Text, TextMessages
from tests.adapters.samples import BODY, NUMBER, TEXT
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn


@dataclass
class Line:
    """An adapter, and what came out of it: (id, number, body), oldest first."""

    texts: TextMessages
    arrived: Callable[[], list[tuple[str, str, str]]]


@pytest.fixture(params=["local", "telnyx", "twilio"])
def line(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    twilio_texts: TwilioTexts,
    twilio: TwilioStandIn,
    telnyx_texts: TelnyxTexts,
    telnyx: TelnyxStandIn,
) -> Line:
    if request.param == "telnyx":
        return Line(
            telnyx_texts, lambda: [(text.id, text.to, text.body) for text in telnyx.messages]
        )
    if request.param == "twilio":
        return Line(
            twilio_texts, lambda: [(text.sid, text.to, text.body) for text in twilio.messages]
        )
    outbox = Outbox(tmp_path / "outbox.jsonl")
    return Line(
        LocalTexts(outbox),
        lambda: [(text.id, text.to, text.body) for text in reversed(outbox.list_recent())],
    )


async def test_a_text_arrives_byte_for_byte_under_the_id_that_was_told(line: Line) -> None:
    outcome = await line.texts.send(TEXT)
    assert isinstance(outcome, Sent)
    assert line.arrived() == [(outcome.provider_id, NUMBER, BODY)]


async def test_letters_of_any_script_arrive(line: Line) -> None:
    body = "Größe & Ω = 100%; 你好 👋 +1\r\n"
    await line.texts.send(Text(NUMBER, body, timedelta(minutes=1)))
    assert [text[2] for text in line.arrived()] == [body]


async def test_forty_at_once_get_each_their_own_answer(line: Line) -> None:
    numbers = [f"+614915700{n:02}" for n in range(40)]
    texts = [Text(number, f"for {number}", timedelta(minutes=10)) for number in numbers]
    outcomes = await asyncio.gather(*map(line.texts.send, texts))
    told = {
        (outcome.provider_id, text.to, text.body)
        for outcome, text in zip(outcomes, texts, strict=True)
        if isinstance(outcome, Sent)
    }
    assert told == set(line.arrived())
    assert len(told) == 40
