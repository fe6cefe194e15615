"""The stand-ins are as strict as the vendors and their documents: each broken rule is noticed."""

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.product import PATIENCE
from tests.standins import behaviour as acts
from tests.standins.http_server import Reply, Server
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.sendgrid import rate_limited as mail_limited
from tests.standins.twilio import TwilioStandIn, rate_limited, refuse
from tests.standins.twilio_rules import DOCUMENT, PATH

FORM = {"To": "+61491570006", "From": "+12025550100", "Body": "123456"}
MAIL: dict[str, Any] = {
    "from": {"email": "door@latchkey.example"},
    "personalizations": [{"to": [{"email": "ada@example.com"}], "custom_args": {"reference": "r"}}],
    "subject": "S",
    "content": [{"type": "text/plain", "value": "t"}, {"type": "text/html", "value": "h"}],
    "headers": {"Auto-Submitted": "auto-generated"},
    "tracking_settings": {
        "click_tracking": {"enable": False, "enable_text": False},
        "open_tracking": {"enable": False},
    },
}


@pytest.fixture
def lenient_twilio() -> Iterator[TwilioStandIn]:
    """Without the assertion that nothing was broken."""
    with TwilioStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def lenient_sendgrid() -> Iterator[SendGridStandIn]:
    with SendGridStandIn() as stand_in:
        yield stand_in


def text(twilio: TwilioStandIn, form: dict[str, Any], **options: Any) -> httpx.Response:
    url = twilio.url + PATH.replace("{AccountSid}", twilio.account_sid)
    auth = (twilio.account_sid, twilio.auth_token)
    return httpx.post(options.pop("url", url), data=form, **{"auth": auth, **options})


def mail(sendgrid: SendGridStandIn, body: dict[str, Any], key: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {key or sendgrid.api_key}"}
    return httpx.post(f"{sendgrid.url}/v3/mail/send", json=body, headers=headers)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"To": "not a phone"}, 21211),
        ({"To": "0491570006"}, 21211),
        ({"To": ["+61491570006", "+61491570007"]}, 21211),
        ({"From": ""}, 21603),
        ({"MessagingServiceSid": "MG" + "a" * 32}, 21603),
        ({"From": "+12025550199"}, 21606),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 20001),
        ({"ValidityPeriod": "36001"}, 20001),
        ({"ValidityPeriod": "soon"}, 20001),
        ({"StatusCallback": "http://latchkey.example/hook"}, 21609),
        ({"StatusCallback": "https://localhost/hook"}, 21609),
        ({"ScheduleType": "whenever"}, 20001),
        ({"StatusCallBack": "https://latchkey.example/hook"}, 20001),
    ],
)
def test_twilio_refuses_and_remembers(
    lenient_twilio: TwilioStandIn, change: dict[str, Any], code: int
) -> None:
    answer = text(lenient_twilio, FORM | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert code in [broken.code for broken in lenient_twilio.violations]
    assert lenient_twilio.messages == []


def test_twilio_asks_who_is_there(lenient_twilio: TwilioStandIn) -> None:
    wrong = base64.b64encode(b"AC:guess").decode()
    answers = [
        text(lenient_twilio, FORM, auth=None),
        text(lenient_twilio, FORM, auth=None, headers={"Authorization": f"Basic {wrong}"}),
        text(lenient_twilio, FORM, url=f"{lenient_twilio.url}/2010-04-01/Accounts/AC1/Messages"),
        text(lenient_twilio, FORM, headers={"Content-Type": "application/json"}),
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 404, 400]
    assert [broken.code for broken in lenient_twilio.violations] == [20003, 20003, 20404, 20001]


def test_twilio_answers_as_its_document_says(twilio: TwilioStandIn) -> None:
    twilio.sender = FORM["From"]
    answer = text(twilio, FORM)
    assert DOCUMENT.problems(DOCUMENT.answer_schema(PATH, "201"), answer.json()) == []
    twilio.sender = "MG" + "a" * 32
    answer = text(twilio, {**FORM, "From": "", "MessagingServiceSid": twilio.sender})
    assert DOCUMENT.problems(DOCUMENT.answer_schema(PATH, "201"), answer.json()) == []
    assert answer.json()["status"] == "accepted"


def changed(path: str, value: object) -> dict[str, Any]:
    """A good mail with one thing in it replaced, or taken out for None."""
    body = json.loads(json.dumps(MAIL))
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = body
    for part in way:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "status"),
    [
        ("from.email", "eve@example.com", 403),
        ("subject", None, 400),
        ("subject", "two\r\nlines", 400),
        ("content", [{"type": "text/html", "value": "h"}], 400),
        ("content", MAIL["content"][::-1], 400),
        ("personalizations", [], 400),
        ("personalizations.0.to.0.email", "nobody", 400),
        ("personalizations.0.to.0.email", "Ada <ada@example.com>", 400),
        ("personalizations.0.to", [{"email": "a@b.example"}, {"email": "c@d.example"}], 400),
        ("personalizations.0.custom_args.phone", "+61491570006", 400),
        ("headers", None, 400),
        ("headers.Reply-To", "eve@example.com", 400),
        ("tracking_settings", None, 400),
        ("tracking_settings.click_tracking.enable_text", True, 400),
        ("categories", ["sign-up"], 400),
        ("custom_args", {"reference": "r"}, 400),
        ("sendat", 5, 400),
    ],
)
def test_sendgrid_refuses_and_remembers(
    lenient_sendgrid: SendGridStandIn, path: str, value: object, status: int
) -> None:
    answer = mail(lenient_sendgrid, changed(path, value))
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]
    assert lenient_sendgrid.violations
    assert lenient_sendgrid.messages == []


def test_sendgrid_takes_a_good_mail_and_asks_who_sends(lenient_sendgrid: SendGridStandIn) -> None:
    good = mail(lenient_sendgrid, MAIL)
    assert (good.status_code, good.content) == (202, b"")
    assert good.headers["X-Message-Id"] == lenient_sendgrid.messages[0].message_id
    assert mail(lenient_sendgrid, MAIL, key="SG.guess").status_code == 401
    assert [broken.status for broken in lenient_sendgrid.violations] == [401]


def test_a_script_is_followed_in_order(twilio: TwilioStandIn) -> None:
    twilio.script.next(acts.http_500(), times=2)
    twilio.script.next(rate_limited(4))
    twilio.script.for_destination("+61491570001", refuse(21610))
    statuses = [text(twilio, FORM).status_code for _ in range(4)]
    assert statuses == [500, 500, 429, 201]
    assert text(twilio, FORM | {"To": "+61491570001"}).json()["code"] == 21610
    twilio.script.always(acts.html_502())
    assert text(twilio, FORM).status_code == 502
    twilio.reset()
    assert text(twilio, FORM).status_code == 201
    assert (len(twilio.messages), twilio.requests) == (1, 1)


def test_stopped_it_refuses_and_keeps_its_port(sendgrid: SendGridStandIn) -> None:
    port = httpx.URL(sendgrid.url).port
    sendgrid.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port or 0), timeout=1)
    sendgrid.start()
    assert mail(sendgrid, MAIL).status_code == 202
    assert httpx.URL(sendgrid.url).port == port


def test_stopping_cuts_who_is_kept_waiting(twilio: TwilioStandIn) -> None:
    twilio.script.next(acts.accept_then_hang())
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(text, twilio, FORM)
        assert twilio.wait_for(1)[0].body == "123456"
        twilio.stop()
        assert isinstance(waiting.exception(5), httpx.TransportError)


def test_a_mail_limit_names_its_end(sendgrid: SendGridStandIn) -> None:
    sendgrid.script.next(mail_limited(30))
    assert int(mail(sendgrid, MAIL).headers["X-RateLimit-Reset"]) > 1_700_000_000


def test_a_stand_in_that_stops_leaves_no_connection_open() -> None:
    """Also none that it accepts at that very moment: a test that runs later would be blamed."""
    server = Server(lambda _: Reply(200))
    for _ in range(20):
        server.start()
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            server.stop()
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""
    server.close()
