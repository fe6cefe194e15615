"""What a vendor says is wrong is kept for operators, without number, address, id and URL."""

import json

import pytest

from app.adapters.outages import redact_contacts
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.domain.ports import Refused, Uncertain
from tests.adapters.samples import EMAIL, TEXT
from tests.standins import behaviour as acts
from tests.standins.sendgrid import SendGridStandIn
from tests.standins.twilio import TwilioStandIn

SAID = f"The number {TEXT.to} is unverified, see https://www.twilio.com/errors/21608"
TELLS = [
    ("call +1 (202) 555-0100 or a@b.example", "call … or …"),
    ("of AC" + "0" * 32 + " at http://a/b", "of … at …"),
    ("Maximum credits exceeded", "Maximum credits exceeded"),
]


@pytest.mark.parametrize(("words", "told"), TELLS)
def test_no_contact_is_repeated(words: str, told: str) -> None:
    assert redact_contacts(words) == told


@pytest.mark.parametrize(("status", "kind"), [(403, Refused), (500, Uncertain)])
async def test_twilio(
    twilio: TwilioStandIn, twilio_texts: TwilioTexts, status: int, kind: type[Refused | Uncertain]
) -> None:
    body = json.dumps({"code": 21608, "message": SAID}).encode()
    twilio.script.next(acts.answers(status, body))
    outcome = await twilio_texts.send(TEXT)
    assert isinstance(outcome, kind)
    assert outcome.words == "The number … is unverified, see …"


async def test_sendgrid(sendgrid: SendGridStandIn, sendgrid_mail: SendGridMail) -> None:
    body = json.dumps({"errors": [{"message": f"a key for {EMAIL.to} is invalid"}]}).encode()
    sendgrid.script.next(acts.answers(401, body))
    outcome = await sendgrid_mail.send(EMAIL)
    assert isinstance(outcome, Refused)
    assert outcome.words == "a key for … is invalid"
