"""The wire to a vendor: what a failure says about the message, and what never gets into a log."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.adapters.http_client import new_http_client, outcome_of, seconds_to_wait
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.domain.ports import Reason, Refused, SendOutcome, Uncertain, Unsent
from tests.adapters.samples import EMAIL, NUMBER, TEXT
from tests.standins import behaviour as acts
from tests.standins.sendgrid import SendGridStandIn, bad_address
from tests.standins.twilio import TwilioStandIn, refuse


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (httpx.ConnectError, Unsent("ConnectError")),
        (httpx.ConnectTimeout, Unsent("ConnectTimeout")),
        (httpx.PoolTimeout, Unsent("PoolTimeout")),
        (httpx.LocalProtocolError, Refused(Reason.MISCONFIGURED, "LocalProtocolError")),
        (httpx.UnsupportedProtocol, Refused(Reason.MISCONFIGURED, "UnsupportedProtocol")),
        (httpx.WriteError, Uncertain("WriteError")),
        (httpx.WriteTimeout, Uncertain("WriteTimeout")),
        (httpx.ReadError, Uncertain("ReadError")),
        (httpx.ReadTimeout, Uncertain("ReadTimeout")),
        (httpx.CloseError, Uncertain("CloseError")),
        (httpx.ProxyError, Uncertain("ProxyError")),
        (httpx.RemoteProtocolError, Uncertain("RemoteProtocolError")),
        (httpx.DecodingError, Uncertain("DecodingError")),
        (httpx.TooManyRedirects, Uncertain("TooManyRedirects")),
    ],
)
def test_only_what_was_never_written_is_safe_to_send_again(
    failure: type[httpx.RequestError], outcome: SendOutcome
) -> None:
    assert outcome_of(failure("words of no interest")) == outcome


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "٣", "9" * 10, ", 99 Foo 2026"])
def test_an_unreadable_wait_is_none(value: str) -> None:
    response = httpx.Response(429, headers={"Retry-After": value.encode()})
    assert seconds_to_wait(response) is None


def test_a_wait_may_be_a_date() -> None:
    header = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=60), True)}
    wait = seconds_to_wait(httpx.Response(429, headers=header))
    assert wait == pytest.approx(59.5, abs=1)


async def test_a_vendor_has_six_seconds_and_two_to_connect() -> None:
    async with new_http_client() as client:
        assert client.timeout == httpx.Timeout(6, connect=2)
        assert not client.follow_redirects
        assert not client.trust_env


@pytest.mark.parametrize("act", [acts.ordinary(), refuse(21211), acts.html_502(), acts.hang()])
async def test_logs_hold_no_number_code_or_token(
    twilio_texts: TwilioTexts,
    twilio: TwilioStandIn,
    act: acts.Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "app")
    caplog.set_level(logging.DEBUG, "twilio")
    caplog.set_level(logging.DEBUG, "httpx")
    twilio.script.next(act)
    outcome = await twilio_texts.send(TEXT)
    written = f"{caplog.text} {[vars(record) for record in caplog.records]} {outcome}"
    for secret in (NUMBER[1:], "804213", twilio.auth_token):
        assert secret not in written


@pytest.mark.parametrize("act", [acts.ordinary(), bad_address(), acts.html_502(), acts.hang()])
async def test_logs_hold_no_address_code_or_key(
    sendgrid_mail: SendGridMail,
    sendgrid: SendGridStandIn,
    act: acts.Behaviour,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("app", "sendgrid", "python_http_client"):
        caplog.set_level(logging.DEBUG, name)
    sendgrid.script.next(act)
    outcome = await sendgrid_mail.send(EMAIL)
    written = f"{caplog.text} {[vars(record) for record in caplog.records]} {outcome}"
    for secret in (EMAIL.to, "12345678", sendgrid.api_key):
        assert secret not in written
