"""The port `PhoneCalls`: one contract, met by the local adapter and by Twilio; and Twilio's own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.adapters.twilio_calls import LISTED, VOICES, TwilioCalls
from app.dev.outbox import LocalCalls, Outbox
from app.domain.delivery.calls import Call, NoCalls, PhoneCalls
from app.domain.errors import Unavailable
from app.domain.languages import CATALOGUES
from app.domain.ports import Reason, Refused, Sent, Uncertain, Unsent
from tests.adapters.samples import NUMBER
from tests.standins import behaviour as acts
from tests.standins.twilio import TwilioStandIn, rate_limited, refuse
from tests.standins.twilio_calls import CALLS

WORDS = "Hello.\nYour code is: 0, 4, 0, 2, 1, 3\nAgain: 0, 4, 0, 2, 1, 3\nLast: 0, 4, 0, 2, 1, 3"
CALL = Call(NUMBER, "en", WORDS)
JUST_NOW = timedelta(seconds=1)


def calls_through(client: httpx.AsyncClient, twilio: TwilioStandIn, **options: str) -> TwilioCalls:
    settings = {
        "account_sid": twilio.account_sid,
        "auth_token": twilio.auth_token,
        "sender": twilio.caller,
        "api_url": twilio.url,
    }
    return TwilioCalls(client, **settings | options)


@dataclass
class Line:
    """An adapter, and what came out of it: (id, number), oldest first."""

    calls: PhoneCalls
    made: Callable[[], list[tuple[str, str]]]


@pytest.fixture
def twilio_calls(client: httpx.AsyncClient, twilio: TwilioStandIn) -> TwilioCalls:
    return calls_through(client, twilio)


@pytest.fixture(params=["local", "twilio"])
def line(
    request: pytest.FixtureRequest, tmp_path: Path, twilio_calls: TwilioCalls, twilio: TwilioStandIn
) -> Line:
    if request.param == "twilio":
        return Line(twilio_calls, lambda: [(call.sid, call.to) for call in twilio.calls])
    outbox = Outbox(tmp_path / "outbox.jsonl")
    return Line(
        LocalCalls(outbox),
        lambda: [(kept.id, kept.to) for kept in reversed(outbox.list_recent())],
    )


async def test_a_call_is_made_once_under_the_id_that_was_told(line: Line) -> None:
    outcome = await line.calls.send(CALL)
    assert isinstance(outcome, Sent)
    assert line.made() == [(outcome.provider_id, NUMBER)]


async def test_a_call_that_was_made_is_found_by_its_number(line: Line) -> None:
    outcome = await line.calls.send(CALL)
    assert isinstance(outcome, Sent)
    assert await line.calls.find(CALL, JUST_NOW) == outcome.provider_id
    assert await line.calls.find(replace(CALL, to="+61491570110"), JUST_NOW) == ""
    assert await line.calls.find(CALL, -timedelta(minutes=1)) == ""


async def test_what_the_phone_says_is_the_code_digit_by_digit_three_times(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn
) -> None:
    await twilio_calls.send(CALL)
    [call] = twilio.calls
    assert (call.sender, call.language) == (twilio.caller, "en-US")
    assert call.codes == ["040213"] * 3
    assert call.lines[:2] == ["Hello.", "Your code is: 0_4_0_2_1_3"]


@pytest.mark.parametrize("language", CATALOGUES)
async def test_each_language_has_a_voice(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn, language: str
) -> None:
    await twilio_calls.send(replace(CALL, language=language))
    assert twilio.calls[0].language.startswith("arb" if language == "ar" else f"{language}-")
    assert set(VOICES) == set(CATALOGUES)


async def test_what_would_be_markup_is_said_as_it_is(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn
) -> None:
    words = WORDS.replace("Hello.", 'R&D "</Say><Dial>" <Å>')
    await twilio_calls.send(replace(CALL, words=words))
    assert twilio.calls[0].lines[0] == 'R&D "</Say><Dial>" <Å>'


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (refuse(21211), Refused(Reason.UNUSABLE, "21211")),
        (refuse(21202), Refused(Reason.UNUSABLE, "21202")),
        (refuse(21214), Refused(Reason.UNUSABLE, "21214")),
        (refuse(21215), Refused(Reason.UNSERVED, "21215")),
        (refuse(21216), Refused(Reason.UNSERVED, "21216")),
        (refuse(21210), Refused(Reason.MISCONFIGURED, "21210")),
        (refuse(21219), Refused(Reason.MISCONFIGURED, "21219")),
        (refuse(20003), Refused(Reason.MISCONFIGURED, "20003")),
        (rate_limited(7), Unsent("20429", 7.0)),
        (acts.http_500(), Uncertain("500")),
        (acts.accept_then_500(), Uncertain("500")),
        (acts.html_200(), Uncertain("JSONDecodeError")),
        (acts.answers(201, b'{"sid": "SM00000000000000000000000000000000"}'), Uncertain("NoSid")),
        (acts.accept_then_hang(), Uncertain("ReadTimeout")),
    ],
)
async def test_each_answer_of_twilio_is_an_outcome(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn, act: acts.Behaviour, outcome: object
) -> None:
    twilio.script.next(act)
    assert await twilio_calls.send(CALL) == outcome
    assert (len(twilio.calls), twilio.requests) == (act.accepts, 1)


@pytest.mark.parametrize(
    ("status", "is_found"),
    [("failed", False), ("canceled", False), ("busy", True), ("no-answer", True), ("", True)],
)
async def test_a_call_that_never_rang_does_not_count(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn, status: str, is_found: bool
) -> None:
    await twilio_calls.send(CALL)
    twilio.status = status
    assert bool(await twilio_calls.find(CALL, JUST_NOW)) == is_found


@pytest.mark.parametrize("act", [acts.http_500(), acts.html_200(), acts.answers(200, b"{}")])
async def test_an_odd_list_tells_nothing_now(
    twilio_calls: TwilioCalls, twilio: TwilioStandIn, act: acts.Behaviour
) -> None:
    twilio.lists.always(act)
    with pytest.raises(Unavailable):
        await twilio_calls.find(CALL, JUST_NOW)


async def test_twilio_tells_of_each_stage_by_our_id(
    client: httpx.AsyncClient, twilio: TwilioStandIn
) -> None:
    url = "https://latchkey.example/webhooks/twilio/status"
    call = replace(CALL, reference="019ad6f4-8d3e-7b52-9c41-3a5a4f0c2e77")
    await calls_through(client, twilio, status_callback=url).send(call)
    assert twilio.calls[0].status_callback == f"{url}?message={call.reference}"
    assert twilio.calls[0].events == ("initiated", "ringing", "answered", "completed")
    await calls_through(client, twilio, status_callback="http://127.0.0.1/status").send(call)
    assert twilio.calls[1].status_callback is None


async def test_where_nothing_can_call_what_was_queued_is_refused() -> None:
    assert await NoCalls().send(CALL) == Refused(Reason.MISCONFIGURED, "no_calls")


@pytest.mark.parametrize(
    "changed",
    [
        {"To": "0491570006"},
        {"From": "+12025550199"},
        {"Url": "https://latchkey.example/words"},
        {"Twiml": ""},
        {"Twiml": "<Response><Say>no end"},
        {"Twiml": "<Response><Say language='en-US' voice='Polly.Joanna'>1, 2, 3</Say></Response>"},
        {"Timeout": "60"},
        {"TimeLimit": "14400"},
        {"StatusCallbackEvent": "sometimes"},
        {"Words": "more"},
    ],
)
async def test_the_stand_in_refuses_what_twilio_or_we_would_not_have(
    client: httpx.AsyncClient, changed: dict[str, str]
) -> None:
    with TwilioStandIn() as lenient:
        auth = (lenient.account_sid, lenient.auth_token)
        url = lenient.url + CALLS.path.replace("{AccountSid}", lenient.account_sid)
        await calls_through(client, lenient).send(CALL)
        [made] = lenient.calls
        form = {"To": NUMBER, "From": made.sender, "Twiml": made.twiml, "Timeout": "20"}
        form["TimeLimit"] = "60"
        good = await client.post(url, data=form, auth=auth)
        schema = CALLS.document.answer_schema(CALLS.path, "201")
        assert CALLS.document.problems(schema, good.json()) == []
        refused = await client.post(url, data=form | changed, auth=auth)
        assert (refused.status_code, len(lenient.calls)) == (400, 2)
        listed = await client.get(url, params={"To": NUMBER, "PageSize": LISTED}, auth=auth)
        schema = CALLS.document.answer_schema(CALLS.path, "200", "get")
        assert CALLS.document.problems(schema, listed.json()) == []
