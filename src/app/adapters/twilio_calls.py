"""Calls through Twilio: the words go along as TwiML, so that nobody has to fetch them from us."""

import re
from datetime import timedelta
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import httpx
from twilio.rest import Client

from app.adapters.http_client import DEADLINE, send_request
from app.adapters.twilio import (
    HttpxTwilioClient,
    find_listed,
    is_recent,
    outcome_of_creation,
)
from app.domain.delivery.calls import Call, PhoneCalls
from app.domain.ports import SendOutcome
from app.settings import Settings

# A standard voice of Amazon Polly for each of our languages (twilio.com/docs/voice/twiml/say,
# text-speech): those are the ones that keep to the pauses below.
VOICES = {
    "ar": ("arb", "Polly.Zeina"),
    "de": ("de-DE", "Polly.Vicki"),
    "en": ("en-US", "Polly.Joanna"),
    "es": ("es-ES", "Polly.Lucia"),
    "fr": ("fr-FR", "Polly.Lea"),
    "it": ("it-IT", "Polly.Bianca"),
    "nl": ("nl-NL", "Polly.Lotte"),
    "sv": ("sv-SE", "Polly.Astrid"),
}
BETWEEN_DIGITS = re.compile(r"(?<=[0-9]), (?=[0-9])")
AFTER_DIGIT = "700ms"
# Seconds that a phone rings. Twilio adds up to five, and most mailboxes answer after 25 or 30: a
# code is not for them (twilio.com/docs/voice/api/call-resource).
RINGS = 20
# Seconds of a call, which is paid by the minute; words and pauses add up to some 40.
LONGEST = 60
LISTED = 20  # more than a number is called in a day
CALL_SID = re.compile(r"CA[0-9a-fA-F]{32}")
NEVER_RANG = ("failed", "canceled")


def build_calls(settings: Settings, client: httpx.AsyncClient) -> PhoneCalls:
    return TwilioCalls(
        client,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_call_from or "",
        api_url=settings.twilio_api_url,
        status_callback=f"{settings.base_url}/webhooks/twilio/status",
    )


class TwilioCalls(PhoneCalls):
    """`sender` is a number of ours in E.164 that can call."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        account_sid: str,
        auth_token: str,
        sender: str,
        api_url: str = "https://api.twilio.com",
        status_callback: str = "",
        deadline: float = DEADLINE,
    ) -> None:
        """As of `TwilioTexts`."""
        transport = HttpxTwilioClient(client, api_url)
        self._calls = Client(account_sid, auth_token, http_client=transport).calls
        self._sender, self._deadline = sender, deadline
        self._status_callback = status_callback if status_callback.startswith("https://") else ""

    async def send(self, call: Call) -> SendOutcome:
        creation = self._calls.create_async(
            to=call.to,
            from_=self._sender,
            twiml=build_twiml(call),
            timeout=RINGS,
            time_limit=LONGEST,
            **self._callback(call),
        )
        return await send_request(outcome_of_creation(creation, CALL_SID), self._deadline)

    async def find(self, call: Call, age: timedelta) -> str | None:
        listing = self._calls.page_async(to=call.to, from_=self._sender, page_size=LISTED)

        def is_same(made: Any) -> bool:
            return is_recent(made, age) and made.status not in NEVER_RANG

        return await find_listed(listing, is_same, self._deadline)

    def _callback(self, call: Call) -> dict[str, object]:
        """By our own id. Without named events only the end of a call is told."""
        if not (self._status_callback and call.reference):
            return {}
        return {
            "status_callback": f"{self._status_callback}?message={call.reference}",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        }


def build_twiml(call: Call) -> str:
    """Its words as TwiML: slowly, with a pause after each line and between two digits."""
    language, voice = VOICES.get(call.language, VOICES["en"])
    response = Element("Response")
    for line in filter(None, map(str.strip, call.words.splitlines())):
        SubElement(response, "Pause", length="1")
        say = SubElement(response, "Say", language=language, voice=voice)
        slowly = SubElement(say, "prosody", rate="slow")
        slowly.text, *digits = BETWEEN_DIGITS.split(line)
        for digit in digits:
            SubElement(slowly, "break", time=AFTER_DIGIT).tail = digit
    return tostring(response, encoding="unicode")
