"""The calls of Twilio's stand-in: what it asks of one, and what we ask of what is said."""

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from xml.etree import ElementTree

from tests.standins.document import Document
from tests.standins.standin import Violation
from tests.standins.twilio_rules import Resource, can_call_back, is_e164

PATH = "/2010-04-01/Accounts/{AccountSid}/Calls.json"
EVENTS = {"initiated", "ringing", "answered", "completed"}
MOST = 4000  # characters of TwiML in a parameter
# The standard voices of Amazon Polly that may speak these.
SPOKEN = {
    "arb": "Zeina",
    "de-DE": "Vicki",
    "en-US": "Joanna",
    "es-ES": "Lucia",
    "fr-FR": "Lea",
    "it-IT": "Bianca",
    "nl-NL": "Lotte",
    "sv-SE": "Astrid",
}


@dataclass(frozen=True)
class ReceivedCall:
    to: str
    sender: str
    twiml: str
    rings: int
    status_callback: str | None
    events: tuple[str, ...]
    sid: str = field(default_factory=lambda: "CA" + secrets.token_hex(16))
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def language(self) -> str:
        [language] = {say.get("language", "") for say in _said(self.twiml)}
        return language

    @property
    def lines(self) -> list[str]:
        """What is said, with `_` for each pause in a line."""
        return [_spoken(say) for say in _said(self.twiml)]

    @property
    def codes(self) -> list[str]:
        """Each code that is said digit by digit, however often."""
        found = re.findall(r"[0-9](?:_[0-9])+", "\n".join(self.lines))
        return [digits.replace("_", "") for digits in found]


def read_call(form: dict[str, Any]) -> ReceivedCall:
    return ReceivedCall(
        to=form["To"],
        sender=form["From"],
        twiml=form["Twiml"],
        rings=form["Timeout"],
        status_callback=form.get("StatusCallback"),
        events=tuple(form.get("StatusCallbackEvent", ())),
    )


def call_resource(call: ReceivedCall, account_sid: str, status: str) -> dict[str, Any]:
    """The Call resource of one that begins."""
    uri = f"/2010-04-01/Accounts/{account_sid}/Calls/{call.sid}"
    unknown = ("parent_call_sid", "phone_number_sid", "start_time", "end_time", "duration", "price")
    return dict.fromkeys(unknown) | {
        "account_sid": account_sid,
        "answered_by": None,
        "api_version": "2010-04-01",
        "caller_name": None,
        "date_created": format_datetime(call.received_at),
        "date_updated": format_datetime(call.received_at),
        "direction": "outbound-api",
        "forwarded_from": None,
        "from": call.sender,
        "from_formatted": call.sender,
        "group_sid": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": call.sid,
        "status": status or "queued",
        "subresource_uris": {"events": f"{uri}/Events.json"},
        "to": call.to,
        "to_formatted": call.to,
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def broken_by_call(form: dict[str, Any], caller: str) -> list[Violation]:
    twiml, rings = str(form.get("Twiml", "")), form.get("Timeout", 60)
    rules = [
        (21211, "To is not E.164", is_e164(str(form.get("To", "")))),
        (21210, "the number that calls is not ours", form.get("From") == caller),
        (21205, "give Twiml, and no address to fetch it from", "Url" not in form and bool(twiml)),
        (12100, "Twiml is too long, or no document", len(twiml) <= MOST and _can_be_said(twiml)),
        (20001, "it rings as long as a mailbox waits", isinstance(rings, int) and rings <= 20),
        (20001, "it may take more than the minute that is paid", form.get("TimeLimit") == 60),
        (21609, "StatusCallback is not an https URL with a host", can_call_back(form)),
        (20001, "unknown events", {*form.get("StatusCallbackEvent", ())} <= EVENTS),
    ]
    return [Violation(400, code, words) for code, words, kept in rules if not kept]


def _can_be_said(twiml: str) -> bool:
    """By one voice of its language, slowly: the same six digits three times."""
    try:
        said = _said(twiml)
    except ElementTree.ParseError:
        return False
    voices = {(say.get("language", ""), say.get("voice", "")) for say in said}
    known = all(voice == f"Polly.{SPOKEN.get(language)}" for language, voice in voices)
    digits = re.findall(r"[0-9](?:_[0-9])*", "\n".join(map(_spoken, said)))
    codes = [each for each in digits if len(each) > 1]
    slow = all([part.get("rate") for part in say] == ["slow"] for say in said)
    thrice = len(codes) == 3 and len(set(codes)) == 1 and len(codes[0]) == 11
    return len(voices) == 1 and known and slow and thrice


def _said(twiml: str) -> list[ElementTree.Element]:
    response = ElementTree.fromstring(twiml)  # noqa: S314 - our own
    if response.tag != "Response" or {part.tag for part in response} - {"Say", "Pause"}:
        return []
    return response.findall("Say")


def _spoken(say: ElementTree.Element) -> str:
    """With `_` for each pause, which is long enough to write a digit down."""
    pauses = {part.get("time") for part in say.iter("break")}
    pause = "_" if pauses <= {"700ms"} else " "
    return "".join(
        (pause if part.tag == "break" else part.text or "") + (part.tail or "")
        for part in say.iter()
        if part is not say
    )


CALLS = Resource(PATH, Document("twilio_api_v2010.calls.json"), broken_by_call)
