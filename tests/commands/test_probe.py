"""The probe of containers and units asks where the server listens."""

import socket
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from app.commands.probe import answers


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()


class OfIPv6(HTTPServer):
    address_family = socket.AF_INET6

    def server_bind(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        super().server_bind()


@pytest.mark.parametrize(
    ("host", "kind"),
    [("0.0.0.0", HTTPServer), ("::", OfIPv6)],  # noqa: S104 - nobody else is here
)
def test_it_asks_by_the_protocol_that_the_server_listens_on(
    host: str, kind: type[HTTPServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind((host, 0), Answer) as server:
        monkeypatch.setenv("HOST", host)
        monkeypatch.setenv("PORT", str(server.server_port))
        asked = Thread(target=server.handle_request, daemon=True)
        asked.start()
        assert answers("/health/live")
        asked.join(5)
