"""Vendors are asked through HTTPS_PROXY, where one is set; this machine never is."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory

import pytest

from app.adapters.http_client import PooledTransport, new_http_client
from app.adapters.pwned_passwords import PwnedPasswords
from app.adapters.twilio import TwilioTexts
from app.domain.ports import Sent
from tests.adapters.samples import TEXT, texts_through
from tests.standins.pwned_passwords import PwnedPasswordsStandIn
from tests.standins.tunnels import ConnectProxy, certificate_for, joined, listening
from tests.standins.twilio import TwilioStandIn

NAME = "api.twilio.com"


@contextmanager
def proxied(name: str, url: str) -> Iterator[tuple[ConnectProxy, str, ssl.SSLContext]]:
    """A proxy, its URL, and who trusts what is behind it: the server at `url`, over TLS."""
    with TemporaryDirectory() as folder:
        certificate, context = certificate_for(folder, name)
        behind = int(url.rpartition(":")[2])

        def serve(connection: socket.socket) -> None:
            with suppress(OSError):
                inside = context.wrap_socket(connection, server_side=True)
                joined(inside, socket.create_connection(("127.0.0.1", behind)))

        with listening(serve) as port:
            proxy = ConnectProxy(port)
            with listening(proxy) as at:
                trust = ssl.create_default_context(cafile=str(certificate))
                yield proxy, f"http://door:hunter2@127.0.0.1:{at}", trust


def assert_asked_through(proxy: ConnectProxy, name: str) -> None:
    [head] = proxy.asked
    assert head.startswith(f"CONNECT {name}:443 HTTP/1.1")
    assert "proxy-authorization: basic " in head.lower()


async def test_a_vendor_is_asked_through_the_proxy(twilio: TwilioStandIn) -> None:
    with proxied(NAME, twilio.url) as (proxy, url, trust):
        async with new_http_client(proxy=url, verify=trust) as client:
            env = twilio.environment
            texts = TwilioTexts(
                client,
                account_sid=env["TWILIO_ACCOUNT_SID"],
                auth_token=env["TWILIO_AUTH_TOKEN"],
                sender=env["TWILIO_FROM_NUMBER"],
            )
            assert isinstance(await texts.send(TEXT), Sent)
    assert_asked_through(proxy, NAME)
    assert len(twilio.messages) == 1


async def test_so_is_the_list_of_breached_passwords() -> None:
    name = "api.pwnedpasswords.com"
    with (
        PwnedPasswordsStandIn("seven quiet herons") as stand_in,
        proxied(name, stand_in.url) as (proxy, url, trust),
    ):
        async with new_http_client(proxy=url, verify=trust) as client:
            known = PwnedPasswords(client, f"https://{name}")
            assert await known.contains("seven quiet herons")
            assert known.trouble == ""
    assert_asked_through(proxy, name)


async def test_this_machine_is_asked_directly(twilio: TwilioStandIn) -> None:
    async with new_http_client(proxy="http://127.0.0.1:1") as client:
        assert isinstance(await texts_through(client, twilio).send(TEXT), Sent)


@pytest.mark.parametrize("listed", ["*", NAME, "twilio.com", ".twilio.com", "*.twilio.com"])
async def test_no_proxy_names_who_is_asked_directly(listed: str) -> None:
    async with new_http_client(proxy="http://127.0.0.1:1", no_proxy=(listed, "::1", "")) as client:
        chosen = client._transport_for_url(client._merge_url(f"https://{NAME}/"))
        assert isinstance(chosen, PooledTransport)
