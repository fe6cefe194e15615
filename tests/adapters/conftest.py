"""The stand-ins, the adapters that talk to them, and a client as impatient as a test."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from app.adapters.http_client import new_http_client
from app.adapters.openid.provider import OpenIdProvider
from app.adapters.sendgrid import SendGridMail
from app.adapters.smtp import SmtpMail
from app.adapters.telnyx import TelnyxTexts
from app.adapters.twilio import TwilioTexts
from tests.adapters.samples import (
    mail_by_smtp,
    mail_through,
    provider_through,
    texts_by_telnyx,
    texts_through,
)
from tests.standins import fixtures
from tests.standins.openid import OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.smtp import SmtpStandIn, mail_server
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn

openid = fixtures.openid
sendgrid = fixtures.sendgrid
telnyx = fixtures.telnyx
twilio = fixtures.twilio


@pytest.fixture(scope="module")  # each new one reads all the certificates of the machine
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with new_http_client(httpx.Timeout(5, read=1)) as impatient:
        yield impatient


@pytest.fixture
def twilio_texts(client: httpx.AsyncClient, twilio: TwilioStandIn) -> TwilioTexts:
    return texts_through(client, twilio)


@pytest.fixture
def telnyx_texts(client: httpx.AsyncClient, telnyx: TelnyxStandIn) -> TelnyxTexts:
    return texts_by_telnyx(client, telnyx)


@pytest.fixture
def sendgrid_mail(client: httpx.AsyncClient, sendgrid: SendGridStandIn) -> SendGridMail:
    return mail_through(client, sendgrid)


@pytest.fixture
def smtp() -> Iterator[SmtpStandIn]:
    with mail_server() as stand_in:
        yield stand_in


@pytest.fixture
def smtp_mail(smtp: SmtpStandIn) -> SmtpMail:
    return mail_by_smtp(smtp)


@pytest.fixture
def provider(client: httpx.AsyncClient, openid: OpenIdStandIn) -> OpenIdProvider:
    return provider_through(client, openid)
