"""Texts through Twilio: every answer of its Messages API as one of our four outcomes."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from app.adapters.twilio_wire import Declined, HttpxTwilioClient
from app.adapters.wire import DEADLINE, over_the_wire
from app.domain.errors import Unavailable
from app.domain.ports import (
    Reason,
    Refused,
    SendOutcome,
    Sent,
    Text,
    TextMessages,
    Uncertain,
    Unsent,
)

# Seconds a text may wait in Twilio's queue: the range of ValidityPeriod (Message resource page).
SHORTEST, LONGEST = 1, 36_000

# Twilio's error codes (twilio.com/docs/api/errors) and what they mean for us; None is "busy, try
# again". Codes come and go (changelog of July 2024), so whatever is not here goes by HTTP class.
MEANINGS: dict[int, Reason | None] = {
    20429: None,  # too many requests
    21611: None,  # the sender's queue is full
    21211: Reason.UNUSABLE,  # not a phone number
    21217: Reason.UNUSABLE,  # does not look like one
    21265: Reason.UNUSABLE,  # a short code
    21614: Reason.UNUSABLE,  # not a mobile number
    21635: Reason.UNUSABLE,  # a landline
    30005: Reason.UNUSABLE,  # unknown to its carrier
    30006: Reason.UNUSABLE,  # a landline, or a carrier that cannot be reached
    21610: Reason.OPTED_OUT,  # the person replied STOP
    21408: Reason.UNSERVED,  # the region is switched off in the account
    21612: Reason.UNSERVED,  # no route from our sender
    30450: Reason.UNSERVED,  # blocked against SMS pumping
    20003: Reason.MISCONFIGURED,  # credentials
    20404: Reason.MISCONFIGURED,  # no such account
    21212: Reason.MISCONFIGURED,  # our sender is not a number
    21603: Reason.MISCONFIGURED,  # no sender given
    21606: Reason.MISCONFIGURED,  # the sender is not ours or cannot text
    21608: Reason.MISCONFIGURED,  # a trial account texts only verified numbers
    21609: Reason.MISCONFIGURED,  # the status callback URL
    21617: Reason.MISCONFIGURED,  # over 1,600 characters
    21701: Reason.MISCONFIGURED,  # no such Messaging Service
    30002: Reason.MISCONFIGURED,  # the account is suspended
    30034: Reason.MISCONFIGURED,  # the sender is not registered for A2P 10DLC
    63038: Reason.MISCONFIGURED,  # the account's daily cap, although it comes as a 429
}

# How the SDK trips over a 2xx that is no Message: a page of HTML, a list, a text for a number.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, TwilioException)

# More than one number may be sent in a day, so what is asked about is on the first page.
LISTED = 20
# What Twilio's clock and ours may differ by; far less than the wait between two texts.
SKEW = timedelta(seconds=10)
NO_LIST = (404, 405)
NEVER_CAME = ("failed", "undelivered", "canceled")


class TwilioTexts(TextMessages):
    """`sender` is a number of ours in E.164 or the SID of a Messaging Service."""

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
        """`status_callback` counts only with https: Twilio cannot reach us on loopback (21609).

        `deadline` is in seconds.
        """
        transport = HttpxTwilioClient(client, api_url)
        self._messages = Client(account_sid, auth_token, http_client=transport).messages
        service = re.fullmatch(r"MG[0-9a-fA-F]{32}", sender)
        self._always = {"messaging_service_sid" if service else "from_": sender}
        if status_callback.startswith("https://"):
            self._always["status_callback"] = status_callback
        self._deadline = deadline

    async def send(self, text: Text) -> SendOutcome:
        return await over_the_wire(self._send(text), self._deadline)

    async def find(self, text: Text, age: timedelta) -> str | None:
        """None from a provider that speaks Twilio's language but keeps no list (404, 405); of
        anything else that is no list, it may tell more when it is asked again.
        """
        since = datetime.now(UTC) - age - SKEW
        try:
            async with asyncio.timeout(self._deadline):
                # Without DateSent: what still waits in a queue of Twilio's has none.
                page = await self._messages.page_async(to=text.to, page_size=LISTED)
            return next((str(sent.sid) for sent in page if _is(sent, text, since)), "")
        except Declined as declined:
            if declined.status in NO_LIST:
                return None
            raise Unavailable from declined
        except (httpx.HTTPError, TimeoutError, *_UNREADABLE) as trouble:
            raise Unavailable from trouble

    async def _send(self, text: Text) -> SendOutcome:
        try:
            message = await self._messages.create_async(
                to=text.to,
                body=text.body,
                validity_period=_validity(text.lifetime),
                **self._always,
            )
        except Declined as declined:
            return _outcome(declined)
        except _UNREADABLE as trouble:
            return Uncertain(type(trouble).__name__)
        # The SDK makes a Message without a SID out of an empty 2xx.
        if not re.fullmatch(r"(SM|MM)[0-9a-fA-F]{32}", sid := str(message.sid)):
            return Uncertain("NoSid")
        return Sent(sid)


def _is(sent: Any, text: Text, since: datetime) -> bool:
    """Raises TypeError for an answer without the time or the words, which tells us nothing."""
    return sent.date_created >= since and text.matches(sent.body) and sent.status not in NEVER_CAME


def _outcome(declined: Declined) -> SendOutcome:
    code = str(declined.code or declined.status)
    if declined.status >= 500:
        return Uncertain(code)
    default = None if declined.status == 429 else Reason.MISCONFIGURED
    reason = MEANINGS.get(declined.code, default)
    if reason is None:
        return Unsent(code, declined.retry_after)
    return Refused(reason, code)


def _validity(lifetime: timedelta) -> int:
    return min(max(int(lifetime.total_seconds()), SHORTEST), LONGEST)
