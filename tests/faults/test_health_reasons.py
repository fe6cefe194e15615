"""Operators learn from health and log why a vendor fails: from the network's words or its own."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from tempfile import TemporaryDirectory

import pytest

from tests.faults.staged import until
from tests.person import Person, new_email, new_phone
from tests.product import Product
from tests.standins import behaviour as acts
from tests.standins import fixtures
from tests.standins import sendgrid as mail
from tests.standins.openid import DISCOVERY, OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.tunnels import ConnectProxy, certificate_for, listening
from tests.standins.twilio import TwilioStandIn, refuse

openid, sendgrid, twilio = fixtures.openid, fixtures.sendgrid, fixtures.twilio
TOKEN = "a token of operators that is long enough"
Ask = Callable[..., Product]


@pytest.fixture
def product(
    another_product: Ask, twilio: TwilioStandIn, sendgrid: SendGridStandIn, openid: OpenIdStandIn
) -> Callable[..., Product]:
    """Between the three stand-ins, but for what is changed."""
    vendors = twilio.environment | sendgrid.environment | openid.environment

    def make(**changed: str) -> Product:
        return another_product(OPS_TOKEN=TOKEN, **vendors | changed)

    return make


@pytest.fixture
def untrusted() -> Iterator[str]:
    """The URL of a server whose certificate nobody has vouched for."""
    with TemporaryDirectory() as folder:
        _, context = certificate_for(folder, "localhost")

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        with listening(serve) as port:
            yield f"https://localhost:{port}"


def ask_all(product: Product) -> None:
    """For a text, for a mail, and twice for Auth0."""
    person = Person(product)
    person.submit("/login/phone", phone=new_phone())
    person.submit("/recovery/email", email=new_email())
    for _ in range(2):
        person.get("/auth0/start?for=login")


def told(product: Product, vendor: str) -> str:
    asked = Person(product).get(f"/health/{vendor}", authorization=f"Bearer {TOKEN}")
    [[check]] = asked.response.json()["checks"].values()
    assert check["status"] in ("warn", "pass")
    return str(check.get("output", ""))


def assert_told(product: Product, vendor: str, words: str) -> None:
    """In health and log, and to nobody without the operators' token."""
    until(lambda: words in told(product, vendor))
    assert "output" not in Person(product).get(f"/health/{vendor}").html
    lines = [json.loads(line) for line in product.log.read_text().splitlines() if "{" in line]
    assert [line for line in lines if words in (line.get("words", "") + line.get("reason", ""))]


def test_what_the_network_says(product: Ask, twilio: TwilioStandIn, untrusted: str) -> None:
    nowhere = f"https://{'a' * 64}.example/"
    made = product(SENDGRID_API_URL=untrusted, AUTH0_ISSUER=nowhere)
    twilio.stop()
    ask_all(made)
    assert_told(made, "twilio", "connection refused")
    assert_told(made, "sendgrid", "its certificate is not trusted: self-signed certificate")
    assert_told(made, "auth0", "Name or service not known")


def test_what_the_vendors_say(
    product: Ask, twilio: TwilioStandIn, sendgrid: SendGridStandIn, openid: OpenIdStandIn
) -> None:
    twilio.script.always(refuse(20003))
    sendgrid.script.always(mail.refuse(401, "The provided authorization grant is invalid"))
    busy = acts.answers(503, b'{"error": "service_unavailable"}')
    openid.scripts[DISCOVERY].always(busy)
    made = product()
    ask_all(made)
    assert_told(made, "twilio", "Refused: 20003")
    assert "20003" in told(made, "twilio")
    assert_told(made, "sendgrid", "The provided authorization grant is invalid")
    assert_told(made, "auth0", "HTTP 503 Service Unavailable: service_unavailable")


def test_who_is_silent(
    product: Ask, twilio: TwilioStandIn, sendgrid: SendGridStandIn, openid: OpenIdStandIn
) -> None:
    twilio.script.always(acts.hang())
    sendgrid.script.always(acts.html_502())
    openid.scripts[DISCOVERY].always(acts.hang())
    made = product()
    ask_all(made)
    assert_told(made, "twilio", "no answer in time")
    assert_told(made, "sendgrid", "HTTP 502 Bad Gateway")
    assert_told(made, "auth0", "no answer in time")


def test_all_vendors_are_asked_through_the_proxy(product: Ask, untrusted: str) -> None:
    proxy = ConnectProxy(int(untrusted.rpartition(":")[2]))
    there = {
        "TWILIO_API_URL": "https://twilio.example",
        "SENDGRID_API_URL": "https://sendgrid.example",
        "AUTH0_ISSUER": "https://auth0.example/",
    }
    with listening(proxy) as port:
        made = product(HTTPS_PROXY=f"http://127.0.0.1:{port}", **there)
        ask_all(made)
        for vendor in ("twilio", "sendgrid", "auth0"):
            assert_told(made, vendor, "its certificate is not trusted")
    asked = {head.split()[1] for head in proxy.asked}
    assert asked == {f"{vendor}.example:443" for vendor in ("twilio", "sendgrid", "auth0")}


def test_so_is_the_list_of_breached_passwords(another_product: Ask, untrusted: str) -> None:
    proxy = ConnectProxy(int(untrusted.rpartition(":")[2]))
    with listening(proxy) as port:
        made = another_product(
            OPS_TOKEN=TOKEN,
            HTTPS_PROXY=f"http://127.0.0.1:{port}",
            PWNED_PASSWORDS_URL="https://pwned.example",
        )
        assert Person(made).sign_up(new_phone(), new_email()).path == "/signup/done"
        assert_told(made, "breached-passwords", "its certificate is not trusted")
    assert [head.split()[1] for head in proxy.asked] == ["pwned.example:443"]
