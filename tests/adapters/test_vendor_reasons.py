"""Why a vendor could not be asked is told in words: the network's, or of whatever answered."""

import json
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from tempfile import TemporaryDirectory

import httpx
import pytest

from app.adapters.http_client import new_http_client, reason_of
from app.adapters.openid.provider import OpenIdProvider
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.domain.errors import Refusal, Unavailable
from app.domain.ports import Refused, Uncertain, Unsent
from tests.adapters.samples import EMAIL, TEXT, identified
from tests.standins import behaviour as acts
from tests.standins.openid import DISCOVERY, TOKEN, OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.tunnels import certificate_for, listening
from tests.standins.twilio import TwilioStandIn

NONE_OF_OURS = "AUTH0_ISSUER leads to no provider of ours: "
NOT_TAKEN = "the token call was refused: "


def hangs_up(connection: socket.socket) -> None:
    with connection:
        connection.recv(65_536)


def resets(connection: socket.socket) -> None:
    with connection:
        connection.recv(1)
        at_once = struct.pack("ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)


def is_silent(connection: socket.socket) -> None:
    with connection, suppress(OSError):
        while connection.recv(65_536):
            pass


def is_a_mail_server(connection: socket.socket) -> None:
    with connection:
        connection.recv(65_536)
        connection.sendall(b"220 mail.example ESMTP\r\n\r\n")


WAYS: list[tuple[str, Callable[[socket.socket], None], str]] = [
    ("http://127.0.0.1:1", hangs_up, "connection refused"),
    # A label of more than 63 letters: nobody is asked whether there is one.
    (f"http://{'a' * 64}.example", hangs_up, "Name or service not known"),
    ("http://127.0.0.1:{port}", is_silent, "no answer in time"),
    ("http://127.0.0.1:{port}", resets, "connection reset by peer"),
    ("http://127.0.0.1:{port}", hangs_up, "Server disconnected"),
    ("http://127.0.0.1:{port}", is_a_mail_server, "illegal status line"),
    ("https://127.0.0.1:{port}", is_silent, "no connection in time"),
    ("https://127.0.0.1:{port}", is_a_mail_server, "TLS failed: WRONG_VERSION_NUMBER"),
]


@pytest.mark.parametrize(("url", "serve", "words"), WAYS)
async def test_why_there_is_no_answer(
    client: httpx.AsyncClient, url: str, serve: Callable[[socket.socket], None], words: str
) -> None:
    with listening(serve) as port, pytest.raises(httpx.HTTPError) as failed:
        await client.get(url.format(port=port))
    assert words in reason_of(failed.value)
    assert "127.0.0.1" not in reason_of(failed.value)


async def test_why_a_message_did_not_go_out(client: httpx.AsyncClient) -> None:
    url = "http://127.0.0.1:1"
    outcome = await SendGridMail(client, api_key="SG.x", sender="a@b.example", api_url=url).send(
        EMAIL
    )
    assert isinstance(outcome, Unsent)
    assert (outcome.provider_code, outcome.words) == ("ConnectError", "connection refused")


async def test_a_certificate_that_is_not_trusted(client: httpx.AsyncClient) -> None:
    with TemporaryDirectory() as folder:
        _, context = certificate_for(folder, "localhost")

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        with listening(serve) as port, pytest.raises(httpx.HTTPError) as failed:
            await client.get(f"https://localhost:{port}")
    assert reason_of(failed.value) == "its certificate is not trusted: self-signed certificate"


@pytest.mark.parametrize("status", [407, 502])
async def test_a_proxy_that_refuses(status: int) -> None:
    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)
            connection.sendall(f"HTTP/1.1 {status} Not today\r\n\r\n".encode())

    with listening(serve) as port:
        async with new_http_client(proxy=f"http://door:hunter2@127.0.0.1:{port}") as through:
            with pytest.raises(httpx.HTTPError) as failed:
                await through.get("https://api.sendgrid.com")
    assert reason_of(failed.value) == f"the proxy says: {status} Not today"


async def test_a_key_that_cannot_be_sent_is_not_repeated(
    client: httpx.AsyncClient, sendgrid: SendGridStandIn
) -> None:
    key, url = "SG.hunter2\n", sendgrid.url
    mail = SendGridMail(client, api_key=key, sender="a@b.example", api_url=url)
    outcome = await mail.send(EMAIL)
    assert isinstance(outcome, Refused)
    assert outcome.words == "a URL or key of our settings is none that can be sent"


async def test_an_answer_without_words_is_told_by_its_status(
    twilio: TwilioStandIn,
    twilio_texts: TwilioTexts,
    sendgrid: SendGridStandIn,
    sendgrid_mail: SendGridMail,
) -> None:
    twilio.script.next(acts.html_502())
    sendgrid.script.next(acts.html_502())
    for outcome in (await twilio_texts.send(TEXT), await sendgrid_mail.send(EMAIL)):
        assert isinstance(outcome, Uncertain)
        assert outcome.words == "HTTP 502 Bad Gateway"


async def test_what_is_no_answer_of_twilios_is_told(
    twilio: TwilioStandIn, twilio_texts: TwilioTexts
) -> None:
    twilio.script.next(acts.html_200())
    outcome = await twilio_texts.send(TEXT)
    assert isinstance(outcome, Uncertain)
    assert outcome.words == "its answer is none of Twilio's"
    twilio.lists.next(acts.http_500())
    with pytest.raises(Unavailable) as told:
        await twilio_texts.find(TEXT, timedelta(minutes=1))
    assert told.value.reason == "HTTP 500 Internal Server Error"


def says(status: int, **body: str) -> acts.Behaviour:
    return acts.answers(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("path", "behaviour", "words"),
    [
        (DISCOVERY, says(503, error="overloaded"), "HTTP 503 Service Unavailable: overloaded"),
        (DISCOVERY, acts.html_502(), "HTTP 502 Bad Gateway"),
        (DISCOVERY, acts.hang(), "no answer in time"),
        (DISCOVERY, acts.html_200(), "its answer is no JSON that we could read"),
        (DISCOVERY, acts.answers(404), f"{NONE_OF_OURS}HTTP 404 Not Found"),
        (DISCOVERY, says(200, issuer="x"), f"{NONE_OF_OURS}its issuer is another"),
        (TOKEN, says(401, error="access_denied", error_description="No, a@b.example"),
         f"{NOT_TAKEN}HTTP 401 Unauthorized: access_denied, No, …"),
        (TOKEN, says(403, error="invalid_grant", error_description="Invalid code"), ""),
    ],
)  # fmt: skip
async def test_auth0(
    openid: OpenIdStandIn,
    provider: OpenIdProvider,
    path: str,
    behaviour: acts.Behaviour,
    words: str,
) -> None:
    openid.scripts[path].always(behaviour)
    for _ in range(2):
        with pytest.raises(Refusal):
            await identified(provider, openid)
    assert provider.trouble == words
    openid.scripts[path].clear()
    await identified(provider, openid)
    assert provider.trouble == ""


async def test_an_auth0_that_is_not_there_is_told(
    openid: OpenIdStandIn, provider: OpenIdProvider
) -> None:
    openid.stop()
    for _ in range(2):
        await provider.probe()
    assert provider.trouble == "connection refused"
