"""Texts through Twilio: every answer of its Messages API as one of our four outcomes."""

# The SDK ships no types, so its AsyncHttpClient is `Any` to mypy.
# mypy: allow-subclassing-any

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.base.exceptions import TwilioException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from app.adapters.http_client import (
    DEADLINE,
    reason_of,
    seconds_to_wait,
    send_request,
    status_words,
)
from app.adapters.outages import redact_contacts
from app.adapters.twilio_receipts import TwilioReceipts
from app.domain.delivery.receipts import ReceiptReader
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
from app.settings import Settings

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
    21202: Reason.UNUSABLE,  # a premium number, which is not called
    21214: Reason.UNUSABLE,  # cannot be called
    30005: Reason.UNUSABLE,  # unknown to its carrier
    21614: Reason.LANDLINE,  # not a mobile number
    21635: Reason.LANDLINE,
    30006: Reason.LANDLINE,  # or a carrier that cannot be reached
    21610: Reason.OPTED_OUT,  # the person replied STOP
    21408: Reason.UNSERVED,  # the region is switched off in the account
    21215: Reason.UNSERVED,  # the same of calls
    21216: Reason.UNSERVED,  # a number that is not called for fear of fraud
    21612: Reason.UNSERVED,  # no route from our sender
    30450: Reason.UNSERVED,  # blocked against SMS pumping
    60410: Reason.UNSERVED,  # the same, by Fraud Guard
    30004: Reason.FILTERED,  # blocked for this number
    30007: Reason.FILTERED,  # by the carrier
    30003: Reason.UNREACHABLE,  # the phone is off or without signal
    30008: Reason.UNREACHABLE,  # the carrier gives no reason
    30036: Reason.EXPIRED,  # its ValidityPeriod was over
    20003: Reason.MISCONFIGURED,  # credentials
    20404: Reason.MISCONFIGURED,  # no such account
    21210: Reason.MISCONFIGURED,  # the number that calls is not ours
    21212: Reason.MISCONFIGURED,  # our sender is not a number
    21219: Reason.MISCONFIGURED,  # a trial account calls only verified numbers
    21603: Reason.MISCONFIGURED,  # no sender given
    21606: Reason.MISCONFIGURED,  # the sender is not ours or cannot text
    21608: Reason.MISCONFIGURED,  # a trial account texts only verified numbers
    21609: Reason.MISCONFIGURED,  # the status callback URL
    21617: Reason.MISCONFIGURED,  # over 1,600 characters
    21701: Reason.MISCONFIGURED,  # no such Messaging Service
    30002: Reason.MISCONFIGURED,  # the account is suspended
    30032: Reason.MISCONFIGURED,  # the toll-free sender is not verified
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
NO_MESSAGE = "its answer is none of Twilio's"
MESSAGE_SID = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
NEVER_CAME = ("failed", "undelivered", "canceled")


class Declined(Exception):
    """Any answer but 2xx. Of Twilio's words only those without the number, which they repeat."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        body = _body(response)
        code, message = body.get("code"), body.get("message")
        self.code = code if isinstance(code, int) else 0
        self.words = redact_contacts(message) if isinstance(message, str) else ""
        self.words = self.words or status_words(self.status)
        self.retry_after = seconds_to_wait(response)
        super().__init__(f"{self.status}/{self.code}")


class HttpxTwilioClient(AsyncHttpClient):
    """The SDK on our own client: its own has no timeout, repeats POSTs and logs what it sends.

    Everything goes to `api_url`, also when TWILIO_EDGE or TWILIO_REGION is set.
    """

    def __init__(self, client: httpx.AsyncClient, api_url: str) -> None:
        super().__init__(logging.getLogger("twilio.http"), is_async=True)
        self._client = client
        self._api_url = api_url.rstrip("/")

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, str | int] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: object,  # timeout and redirects: our client has its own mind on them
    ) -> Response:
        """Raises `Declined` for any answer but 2xx, and httpx's own errors."""
        asked = urlsplit(uri)
        response = await self._client.request(
            method,
            self._api_url + asked.path,
            params=params or asked.query or None,
            data=data,
            headers=headers,
            auth=auth,
            follow_redirects=False,
        )
        if not response.is_success:
            raise Declined(response)
        return Response(response.status_code, response.text, response.headers)


def build_texts(settings: Settings, client: httpx.AsyncClient, name: str) -> TextMessages:
    return TwilioTexts(
        client,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_messaging_service_sid or settings.twilio_from_number,
        api_url=settings.twilio_api_url,
        status_callback=f"{settings.base_url}/webhooks/{name}/status",
    )


def build_receipts(settings: Settings) -> ReceiptReader:
    return TwilioReceipts(settings.twilio_auth_token, settings.base_url, MEANINGS)


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
        self._status_callback = status_callback if status_callback.startswith("https://") else ""
        self._deadline = deadline

    async def send(self, text: Text) -> SendOutcome:
        creation = self._messages.create_async(
            to=text.to,
            body=text.body,
            validity_period=_validity(text.lifetime),
            **self._always,
            **self._callback(text),
        )
        return await send_request(outcome_of_creation(creation, MESSAGE_SID), self._deadline)

    async def find(self, text: Text, age: timedelta) -> str | None:
        """None from a provider that speaks Twilio's language but keeps no list (404, 405); of
        anything else that is no list, it may tell more when it is asked again.
        """
        # Without DateSent: what still waits in a queue of Twilio's has none.
        listing = self._messages.page_async(to=text.to, page_size=LISTED)
        return await find_listed(listing, lambda sent: _is(sent, text, age), self._deadline)

    def _callback(self, text: Text) -> dict[str, str]:
        """By our own id, so that a receipt which comes before the answer is known."""
        if not (self._status_callback and text.reference):
            return {}
        return {"status_callback": f"{self._status_callback}?message={text.reference}"}


def _is(sent: Any, text: Text, age: timedelta) -> bool:
    """Raises TypeError for an answer without the time or the words, which tells us nothing."""
    return is_recent(sent, age) and text.matches(sent.body) and sent.status not in NEVER_CAME


# What texts and calls have in common: both are resources that are created and listed.


async def outcome_of_creation(creation: Awaitable[Any], sid: re.Pattern[str]) -> SendOutcome:
    """What came of asking for a new resource, whose SID is of that shape. Raises httpx's errors."""
    try:
        created = await creation
    except Declined as declined:
        return _outcome(declined)
    except _UNREADABLE as trouble:
        return Uncertain(type(trouble).__name__, NO_MESSAGE)
    # The SDK makes a resource without a SID out of an empty 2xx.
    if not sid.fullmatch(its_sid := str(created.sid)):
        return Uncertain("NoSid", NO_MESSAGE)
    return Sent(its_sid)


async def find_listed(
    listing: Awaitable[Iterable[Any]], is_same: Callable[[Any], bool], deadline: float
) -> str | None:
    """The SID of the first on the page that `is_same`, "" for none, as `TextMessages.find` has it.
    `deadline` in seconds.
    """
    try:
        async with asyncio.timeout(deadline):
            page = await listing
        return next((str(each.sid) for each in page if is_same(each)), "")
    except Declined as declined:
        if declined.status in NO_LIST:
            return None
        raise Unavailable(reason=declined.words) from declined
    except (httpx.HTTPError, TimeoutError) as trouble:
        raise Unavailable(reason=reason_of(trouble)) from trouble
    except _UNREADABLE as trouble:
        raise Unavailable(reason=NO_MESSAGE) from trouble


def is_recent(resource: Any, age: timedelta) -> bool:
    """Whether it was created since. Raises TypeError for one that does not tell."""
    created: datetime = resource.date_created
    return created >= datetime.now(UTC) - age - SKEW


def _outcome(declined: Declined) -> SendOutcome:
    code = str(declined.code or declined.status)
    if declined.status == 503 and (declined.code or declined.retry_after is not None):
        # Its own words, or a time to come back: it was not let in. A proxy's 503 tells nothing.
        return Unsent(code, declined.retry_after, declined.words)
    if declined.status >= 500:
        return Uncertain(code, declined.words)
    default = None if declined.status == 429 else Reason.MISCONFIGURED
    reason = MEANINGS.get(declined.code, default)
    if reason is None:
        return Unsent(code, declined.retry_after, declined.words)
    return Refused(reason, code, declined.words)


def _validity(lifetime: timedelta) -> int:
    return min(max(int(lifetime.total_seconds()), SHORTEST), LONGEST)


def _body(response: httpx.Response) -> dict[str, Any]:
    """An error body of Twilio's, else nothing."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
