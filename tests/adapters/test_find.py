"""Asking whether a text went out: found, certainly not, not to be told now, or never."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.twilio import TwilioTexts
from app.dev.outbox import LocalTexts, Outbox
from app.domain.errors import Unavailable
from app.domain.ports import Sent, Text, TextMessages
from tests.adapters.samples import BODY, NUMBER, TEXT, texts_through
from tests.standins import behaviour as acts
from tests.standins.twilio import TwilioStandIn, rate_limited, refuse
from tests.standins.twilio_rules import DOCUMENT, PATH

JUST_NOW = timedelta(seconds=1)


@pytest.fixture(params=["local", "twilio"])
def texts(
    request: pytest.FixtureRequest, tmp_path: Path, twilio_texts: TwilioTexts
) -> TextMessages:
    if request.param == "twilio":
        return twilio_texts
    return LocalTexts(Outbox(tmp_path / "outbox.jsonl"))


def text(body: str = BODY, to: str = NUMBER) -> Text:
    return Text(to, body, timedelta(minutes=10))


@pytest.mark.parametrize(
    "asked",
    [TEXT, text(BODY.replace("10 minutes", "7 minutes"))],
    ids=["as it was sent", "with fewer minutes left"],
)
async def test_a_text_that_went_out_is_found(texts: TextMessages, asked: Text) -> None:
    outcome = await texts.send(TEXT)
    assert isinstance(outcome, Sent)
    assert await texts.find(asked, JUST_NOW) == outcome.provider_id


@pytest.mark.parametrize(
    "asked", [text(BODY.replace("#804213", "#654321")), text(to="+61491570110"), text("")]
)
async def test_another_text_is_not_taken_for_it(texts: TextMessages, asked: Text) -> None:
    await texts.send(TEXT)
    assert await texts.find(asked, JUST_NOW) == ""


async def test_an_earlier_text_of_the_same_words_is_not_taken_for_it(texts: TextMessages) -> None:
    await texts.send(TEXT)
    assert await texts.find(TEXT, -timedelta(minutes=1)) == ""


@pytest.mark.parametrize("status", ["failed", "undelivered", "canceled"])
async def test_a_text_that_never_came_does_not_count(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, status: str
) -> None:
    await twilio_texts.send(TEXT)
    twilio.status = status
    assert await twilio_texts.find(TEXT, JUST_NOW) == ""


NO_TIME = b'{"messages": [{"sid": "SM1", "to": "+61491570006", "status": "sent"}]}'


@pytest.mark.parametrize("act", [refuse(20404), acts.answers(404, acts.HTML), acts.answers(405)])
async def test_who_keeps_no_list_can_never_tell(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, act: acts.Behaviour
) -> None:
    await twilio_texts.send(TEXT)
    twilio.lists.always(act)
    assert await twilio_texts.find(TEXT, JUST_NOW) is None


@pytest.mark.parametrize(
    "act",
    [
        refuse(20003),
        rate_limited(1),
        acts.http_500(),
        acts.html_502(),
        acts.html_200(),
        acts.redirect(),
        acts.answers(204),
        acts.answers(200, b"[]"),
        acts.answers(200, b"{}"),
        acts.answers(200, b'{"sid": "SM1", "status": "queued"}'),
        acts.answers(200, b'{"messages": null}'),
        acts.answers(200, b'{"messages": [5]}'),
        acts.answers(200, NO_TIME),
        acts.hang(),
        acts.cut_body(),
        acts.drop_connection(),
    ],
)
async def test_any_other_odd_answer_tells_nothing_now(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn, act: acts.Behaviour
) -> None:
    outcome = await twilio_texts.send(TEXT)
    twilio.lists.for_destination(NUMBER, act, acts.ordinary())
    with pytest.raises(Unavailable):
        await twilio_texts.find(TEXT, JUST_NOW)
    assert isinstance(outcome, Sent)
    assert await twilio_texts.find(TEXT, JUST_NOW) == outcome.provider_id


async def test_nobody_there_tells_nothing_now(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn
) -> None:
    twilio.stop()
    with pytest.raises(Unavailable):
        await twilio_texts.find(TEXT, JUST_NOW)


async def test_an_answer_that_drips_tells_nothing_now_and_ends(
    client: httpx.AsyncClient, twilio: TwilioStandIn
) -> None:
    twilio.lists.always(acts.drip_body())
    with pytest.raises(Unavailable):
        await texts_through(client, twilio, deadline=0.3).find(TEXT, JUST_NOW)


def listed(twilio: TwilioStandIn) -> Callable[..., httpx.Response]:
    url = twilio.url + PATH.replace("{AccountSid}", twilio.account_sid)
    return lambda **query: httpx.get(
        url, params=query, auth=(twilio.account_sid, twilio.auth_token)
    )


async def test_the_stand_in_lists_as_its_document_says(
    twilio_texts: TwilioTexts, twilio: TwilioStandIn
) -> None:
    for body in (BODY, "Another one."):
        await twilio_texts.send(text(body))
    answer = listed(twilio)(To=NUMBER, PageSize=1).json()
    schema = DOCUMENT.answer_schema(PATH, "200", "get")
    assert DOCUMENT.problems(schema, answer) == []
    assert [message["body"] for message in answer["messages"]] == ["Another one."]
    assert listed(twilio)(To="+61491570110").json()["messages"] == []
    assert len(listed(twilio)().json()["messages"]) == 2


def test_the_stand_in_refuses_a_query_it_does_not_know() -> None:
    with TwilioStandIn() as lenient:
        ask = listed(lenient)
        assert ask(PageSize=1001).status_code == 400
        assert ask(Recipient=NUMBER).status_code == 400
        assert httpx.get(str(ask().url)).status_code == 401
        assert [broken.code for broken in lenient.violations] == [20001, 20001, 20003]
