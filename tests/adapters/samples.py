"""One text and one letter, and the real adapters that take them to a stand-in."""

from datetime import timedelta

import httpx

from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.domain.ports import Letter, Text
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn

NUMBER = "+61491570006"
BODY = "123456 is your Latchkey code. It works for 10 minutes.\n\n@latchkey.example #123456"
TEXT = Text(NUMBER, BODY, timedelta(minutes=10))

LETTER = Letter(
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


def mail_through(
    client: httpx.AsyncClient, sendgrid: SendGridStandIn, **options: object
) -> SendGridMail:
    settings = {
        "api_key": sendgrid.api_key,
        "sender": sendgrid.sender,
        "api_url": sendgrid.url,
    }
    return SendGridMail(client, **settings | options)
