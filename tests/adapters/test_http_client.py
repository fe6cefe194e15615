"""The wire to a vendor: what a failure says about the message, and what never gets into a log."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from app.adapters.http_client import MOST_REQUESTS, new_http_client, outcome_of, seconds_to_wait
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


@asynccontextmanager
async def held_server() -> AsyncIterator[tuple[str, asyncio.Event, set[asyncio.StreamWriter]]]:
    """Its address, what lets it answer, and the connections that were ever made to it."""
    goes_on, connections = asyncio.Event(), set[asyncio.StreamWriter]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        while await reader.readline():
            while await reader.readline() != b"\r\n":
                pass
            await goes_on.wait()
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1")
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", goes_on, connections


async def test_a_hundred_requests_are_under_way_at_once_and_their_connections_are_used_again() -> (
    None
):
    async with held_server() as (url, goes_on, connections), new_http_client() as client:
        asked = [asyncio.create_task(client.get(url)) for _ in range(MOST_REQUESTS)]
        async with asyncio.timeout(5):
            while len(connections) < MOST_REQUESTS:  # noqa: ASYNC110 - of another task
                await asyncio.sleep(0.01)
        goes_on.set()
        assert {reply.status_code for reply in await asyncio.gather(*asked)} == {204}
        await asyncio.gather(*(client.get(url) for _ in range(MOST_REQUESTS)))
        assert len(connections) == MOST_REQUESTS


async def test_one_request_after_another_needs_one_connection() -> None:
    async with held_server() as (url, goes_on, connections), new_http_client() as client:
        goes_on.set()
        for _ in range(12):
            await client.get(url)
        assert len(connections) == 1
