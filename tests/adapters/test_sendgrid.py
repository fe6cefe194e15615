"""SendGrid: each of its answers, and each way not to answer, is an outcome."""

import time
from dataclasses import replace

import httpx
import pytest

from app.adapters.sendgrid import SendGridMail
from app.domain.ports import Reason, Refused, Sent, Uncertain, Unsent
from tests.adapters.samples import EMAIL, mail_through
from tests.standins import behaviour as acts
from tests.standins.sendgrid import SendGridStandIn, bad_address, rate_limited, refuse

TO = "personalizations.0.to.0.email"


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        (bad_address(), Refused(Reason.UNUSABLE, "400")),
        (refuse(400, "bad", TO, TO), Refused(Reason.UNUSABLE, "400")),
        (refuse(400, "bad", TO, "from"), Refused(Reason.MISCONFIGURED, "400")),
        (refuse(400, "bad", "content"), Refused(Reason.MISCONFIGURED, "400")),
        (refuse(400, "bad", None), Refused(Reason.MISCONFIGURED, "400")),
        (acts.answers(400, b'{"errors": []}'), Refused(Reason.MISCONFIGURED, "400")),
        (acts.answers(400, acts.HTML), Refused(Reason.MISCONFIGURED, "400")),
        (refuse(401, "Maximum credits exceeded"), Refused(Reason.MISCONFIGURED, "401")),
        (refuse(403, "no verified sender", "from"), Refused(Reason.MISCONFIGURED, "403")),
        (refuse(403, "odd", TO), Refused(Reason.MISCONFIGURED, "403")),
        (refuse(404), Refused(Reason.MISCONFIGURED, "404")),
        (refuse(413), Refused(Reason.MISCONFIGURED, "413")),
        (refuse(415), Refused(Reason.MISCONFIGURED, "415")),
        (acts.redirect(), Refused(Reason.MISCONFIGURED, "302")),
        (refuse(429), Unsent("429")),
        (acts.answers(429, **{"Retry-After": "9"}), Unsent("429", 9.0)),
        (acts.answers(429, **{"X-RateLimit-Reset": "soon"}), Unsent("429")),
        (acts.answers(429, **{"X-RateLimit-Reset": "1000000000"}), Unsent("429", 0.0)),
        (acts.answers(503, b"", **{"Retry-After": "1"}), Unsent("503", 1.0)),
        (acts.answers(503), Uncertain("503")),
        (acts.http_500(), Uncertain("500")),
        (acts.accept_then_500(), Uncertain("500")),
        (acts.html_502(), Uncertain("502")),
        (acts.html_200(), Uncertain("200")),
        (acts.answers(200, **{"X-Message-Id": "sandbox"}), Uncertain("200")),
        (acts.empty_success(), Uncertain("202")),
        (acts.cut_body(), Uncertain("RemoteProtocolError")),
        (acts.hang(), Uncertain("ReadTimeout")),
        (acts.accept_then_hang(), Uncertain("ReadTimeout")),
    ],
)
async def test_each_answer_of_sendgrid_is_an_outcome(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn, act: acts.Behaviour, outcome: object
) -> None:
    sendgrid.script.next(act)
    assert await sendgrid_mail.send(EMAIL) == outcome
    assert len(sendgrid.messages) == act.accepts
    assert sendgrid.requests == 1, "the adapter itself never tries again"


async def test_a_rate_limit_tells_when_it_ends(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn
) -> None:
    sendgrid.script.next(rate_limited(30))
    outcome = await sendgrid_mail.send(EMAIL)
    assert isinstance(outcome, Unsent)
    assert outcome.retry_after == pytest.approx(29.5, abs=1)


@pytest.mark.parametrize("act", [acts.drop_connection(), acts.accept_then_drop()])
async def test_a_dropped_connection_is_uncertain(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn, act: acts.Behaviour
) -> None:
    await sendgrid_mail.send(EMAIL)  # so that the connection that drops is a reused one
    sendgrid.script.next(act)
    assert isinstance(await sendgrid_mail.send(EMAIL), Uncertain)
    assert sendgrid.requests == 2


async def test_refused_connections_are_safe_to_try_again(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn
) -> None:
    await sendgrid_mail.send(EMAIL)
    sendgrid.stop()
    assert await sendgrid_mail.send(EMAIL) == Unsent("ConnectError")
    sendgrid.start()
    assert isinstance(await sendgrid_mail.send(EMAIL), Sent)
    assert len(sendgrid.messages) == 2


async def test_an_answer_that_drips_ends_at_the_deadline(
    client: httpx.AsyncClient, sendgrid: SendGridStandIn
) -> None:
    sendgrid.script.next(acts.drip_body())
    began = time.monotonic()
    assert await mail_through(client, sendgrid, deadline=0.5).send(EMAIL) == Uncertain("Deadline")
    assert time.monotonic() - began < 5


async def test_only_an_opaque_id_of_ours_goes_along(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn
) -> None:
    await sendgrid_mail.send(EMAIL)
    letter = sendgrid.messages[0]
    assert letter.reference == EMAIL.reference
    assert letter.headers == {"Auto-Submitted": "auto-generated"}
    assert letter.sender_name == "Latchkey"


async def test_a_line_break_in_a_subject_starts_no_header(
    sendgrid_mail: SendGridMail, sendgrid: SendGridStandIn
) -> None:
    await sendgrid_mail.send(replace(EMAIL, subject="Hello\r\nBcc: eve@example.com\n\rX"))
    assert sendgrid.messages[0].subject == "Hello Bcc: eve@example.com X"


async def test_an_odd_key_is_refused_like_a_wrong_one(
    client: httpx.AsyncClient, sendgrid: SendGridStandIn
) -> None:
    odd = mail_through(client, sendgrid, api_key="SG.schlüssel")
    assert await odd.send(EMAIL) == Refused(Reason.MISCONFIGURED, "401")
    torn = mail_through(client, sendgrid, api_key="SG.two\nlines")
    assert await torn.send(EMAIL) == Refused(Reason.MISCONFIGURED, "LocalProtocolError")
    assert [broken.status for broken in sendgrid.violations] == [401]
    sendgrid.reset()
