"""One text, one mail, one sign-in, and the real adapters that take them to a stand-in."""

from datetime import timedelta

import httpx
import pytest

from app.adapters.openid.id_token import BadToken
from app.adapters.openid.provider import OpenIdProvider
from app.adapters.sendgrid import SendGridMail
from app.adapters.smtp import SmtpMail
from app.adapters.telnyx import TelnyxTexts
from app.adapters.twilio import TwilioTexts
from app.domain.identity.provider import ExternalIdentity, IdentityNotConfirmed
from app.domain.ports import Email, Text
from tests.standins.openid import OpenIdStandIn
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.smtp import SmtpStandIn
from tests.standins.telnyx import TelnyxStandIn
from tests.standins.twilio import TwilioStandIn

NUMBER = "+61491570006"
BODY = "804213 is your Latchkey code. It works for 10 minutes.\n\n@latchkey.example #804213"
TEXT = Text(NUMBER, BODY, timedelta(minutes=10))

EMAIL = Email(
    to="ada@example.com",
    subject="12345678 is your Latchkey code",
    text="Your code is\n\n12345678\n\nIt works for 30 minutes.\n",
    html="<!doctype html><p>Your code is <b>12345678</b>",
    reference="0198a7c2",
)


def texts_through(
    client: httpx.AsyncClient, twilio: TwilioStandIn, **options: object
) -> TwilioTexts:
    settings = {
        "account_sid": twilio.account_sid,
        "auth_token": twilio.auth_token,
        "sender": twilio.sender,
        "api_url": twilio.url,
    }
    return TwilioTexts(client, **settings | options)


def texts_by_telnyx(
    client: httpx.AsyncClient, telnyx: TelnyxStandIn, **options: object
) -> TelnyxTexts:
    settings = {"api_key": telnyx.api_key, "sender": telnyx.sender, "api_url": telnyx.url}
    return TelnyxTexts(client, **settings | options)


def mail_through(
    client: httpx.AsyncClient, sendgrid: SendGridStandIn, **options: object
) -> SendGridMail:
    settings = {
        "api_key": sendgrid.api_key,
        "sender": sendgrid.sender,
        "api_url": sendgrid.url,
    }
    return SendGridMail(client, **settings | options)


def mail_by_smtp(smtp: SmtpStandIn, **options: object) -> SmtpMail:
    settings = {"sender": smtp.sender, "sender_name": "Latchkey"}
    return SmtpMail(smtp.server, **settings | options)


CALLBACK = "http://127.0.0.1:8000/auth0/callback"
VERIFIER = "verifier-of-the-tests-that-is-long-enough-for-pkce"


def provider_through(
    client: httpx.AsyncClient, openid: OpenIdStandIn, **options: object
) -> OpenIdProvider:
    settings = {
        "issuer": openid.issuer,
        "client_id": openid.client_id,
        "client_secret": openid.client_secret,
        "exchange": 3.0,  # seconds
    }
    return OpenIdProvider(client, **settings | options)


async def identified(provider: OpenIdProvider, openid: OpenIdStandIn) -> ExternalIdentity:
    """Someone comes back with a code."""
    return await provider.identify("code", VERIFIER, openid.nonce, CALLBACK)


async def refused_for(provider: OpenIdProvider, openid: OpenIdStandIn) -> str:
    """What was wrong with the ID token of someone who is not let in."""
    with pytest.raises(IdentityNotConfirmed) as refused:
        await identified(provider, openid)
    assert isinstance(refused.value.__cause__, BadToken)
    return refused.value.__cause__.reason
