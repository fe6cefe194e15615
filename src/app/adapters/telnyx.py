"""Texts through Telnyx: its answers as our four outcomes, and what it tells of each text later.

Its Messages API (developers.telnyx.com/api-reference/messages) knows no lifetime: no text that has
become late is dropped there.
"""

import asyncio
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.adapters.http_client import (
    DEADLINE,
    reason_of,
    seconds_to_wait,
    send_request,
    status_words,
)
from app.domain.delivery.outbox import State
from app.domain.delivery.receipts import Forged, Receipt, ReceiptReader, clean_id, is_uuid
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

# Its error codes (developers.telnyx.com/docs/messaging/messages/error-codes) and what they mean for
# us; None is "busy, try again". Whatever is not here goes by HTTP class.
MEANINGS: dict[str, Reason | None] = {
    "10011": None,  # too many requests
    "40318": None,  # the sender's queue is full
    "40012": Reason.UNUSABLE,  # a number that its carrier does not know
    "40310": Reason.UNUSABLE,  # not a number
    "40001": Reason.LANDLINE,  # or not routable
    "40300": Reason.OPTED_OUT,  # the person replied STOP
    "40309": Reason.UNSERVED,  # the region is not among those of the profile
    "40002": Reason.FILTERED,  # by a filter of spam, for now
    "40003": Reason.FILTERED,  # for good
    "40015": Reason.FILTERED,  # by its own
    "40004": Reason.UNREACHABLE,  # refused for no reason that is told
    "40006": Reason.UNREACHABLE,  # the carrier does not answer
    "40008": Reason.UNREACHABLE,  # the carrier did not take it
    "40011": Reason.UNREACHABLE,  # the carrier had too many at once
    "40005": Reason.EXPIRED,  # on its way
    "40014": Reason.EXPIRED,  # in its queue
    "10009": Reason.MISCONFIGURED,  # the key
    "40010": Reason.MISCONFIGURED,  # the sender is not registered for A2P 10DLC
    "40013": Reason.MISCONFIGURED,  # the sender is not ours
    "40305": Reason.MISCONFIGURED,  # the same, as told at once
    "40312": Reason.MISCONFIGURED,  # the messaging profile is switched off
}
# What a receipt means; of the statuses that are not here nothing is to be told.
STATUSES = {
    "sent": State.SENT,
    "delivered": State.DELIVERED,
    "sending_failed": State.FAILED,
    "delivery_failed": State.FAILED,
    "delivery_unconfirmed": State.SENT,
    "expired": State.FAILED,
}
NO_MESSAGE = "its answer is none of Telnyx's"
RECORDS = 20  # of one number; more than it gets in a day
# What its clock and ours may differ by.
SKEW = timedelta(seconds=10)
NEVER_CAME = ("sending_failed", "delivery_failed", "expired", "failed")


def build_texts(settings: Settings, client: httpx.AsyncClient, name: str) -> TextMessages:
    return TelnyxTexts(
        client,
        api_key=settings.telnyx_api_key,
        sender=settings.telnyx_from_number,
        profile=settings.telnyx_messaging_profile_id,
        api_url=settings.telnyx_api_url,
        webhook=f"{settings.base_url}/webhooks/{name}/status",
    )


def build_receipts(settings: Settings) -> ReceiptReader:
    return TelnyxReceipts(settings.telnyx_public_key)


class TelnyxTexts(TextMessages):
    """`sender` is a number of ours in E.164, a short code or a name; "" for whichever number of the
    messaging `profile` is next.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        api_key: str,
        sender: str = "",
        profile: str = "",
        api_url: str = "https://api.telnyx.com",
        webhook: str = "",
        deadline: float = DEADLINE,
    ) -> None:
        """`webhook` counts only with https: nobody reaches us on loopback. `deadline` is in
        seconds.
        """
        self._client, self._url, self._deadline = client, f"{api_url}/v2", deadline
        self._headers = {"Authorization": f"Bearer {api_key}"}
        given = {"from": sender, "messaging_profile_id": profile}
        self._always = {key: value for key, value in given.items() if value}
        self._webhook = webhook if webhook.startswith("https://") else ""

    async def send(self, text: Text) -> SendOutcome:
        return await send_request(self._send(text), self._deadline)

    async def find(self, text: Text, age: timedelta) -> str | None:
        """By the address that its record was given for receipts, which holds our id. None where
        there is no record: it is made some time after the text was taken.
        """
        since = datetime.now(UTC) - age - SKEW
        try:
            async with asyncio.timeout(self._deadline):
                records = await self._list(text.to, since)
            return next((own for each in records if (own := self._id_if_of(each, text))), None)
        except (httpx.HTTPError, TimeoutError) as trouble:
            raise Unavailable(reason=reason_of(trouble)) from trouble
        except (ValueError, TypeError, LookupError, AttributeError) as trouble:
            raise Unavailable(reason=NO_MESSAGE) from trouble

    async def _send(self, text: Text) -> SendOutcome:
        body: dict[str, object] = {"to": text.to, "text": text.body, "type": "SMS", **self._always}
        if self._webhook and text.reference:
            body |= {"webhook_url": self._webhook_of(text), "use_profile_webhooks": False}
        response = await self._client.post(
            f"{self._url}/messages", json=body, headers=self._headers, follow_redirects=False
        )
        if not response.is_success:
            return _refusal(response)
        try:
            provider_id = str(response.json()["data"]["id"])
        except (ValueError, TypeError, LookupError) as trouble:
            return Uncertain(type(trouble).__name__, NO_MESSAGE)
        return Sent(provider_id) if is_uuid(provider_id) else Uncertain("NoId", NO_MESSAGE)

    def _webhook_of(self, text: Text) -> str:
        """By our own id, so that a receipt which comes before the answer is known."""
        return f"{self._webhook}?message={text.reference}"

    async def _list(self, to: str, since: datetime) -> list[dict[str, Any]]:
        query: dict[str, str | int] = {
            "filter[record_type]": "messaging",
            "filter[direction]": "outbound",
            "filter[cld]": to,
            "filter[created_at][gte]": since.date().isoformat(),
            "sort": "-created_at",
            "page[size]": RECORDS,
        }
        response = await self._client.get(
            f"{self._url}/detail_records", params=query, headers=self._headers
        )
        response.raise_for_status()
        records: list[dict[str, Any]] = response.json()["data"]
        return records

    def _id_if_of(self, record: dict[str, Any], text: Text) -> str:
        given = self._webhook and text.reference and record.get("delivery_status_webhook_url")
        if not given or given != self._webhook_of(text) or record.get("status") in NEVER_CAME:
            return ""
        return clean_id(str(record.get("uuid", "")))


def _refusal(response: httpx.Response) -> SendOutcome:
    code, said = _first_error(response)
    words = status_words(response.status_code, said)
    retry_after = seconds_to_wait(response)
    shown = code or str(response.status_code)
    if response.status_code == 503 and (code or retry_after is not None):
        # Its own words, or a time to come back: it was not let in. A proxy's 503 tells nothing.
        return Unsent(shown, retry_after, words)
    if response.status_code >= 500:
        return Uncertain(shown, words)
    default = None if response.status_code == 429 else Reason.MISCONFIGURED
    reason = MEANINGS.get(code, default)
    if reason is None:
        return Unsent(shown, retry_after, words)
    return Refused(reason, shown, words if reason is Reason.MISCONFIGURED else "")


def _first_error(response: httpx.Response) -> tuple[str, str]:
    """Code and title of an error body of Telnyx's, else nothing. Its details repeat the number."""
    try:
        error = response.json()["errors"][0]
        code, title = error["code"], error.get("title", "")
    except (ValueError, TypeError, LookupError, AttributeError):
        return "", ""
    return clean_id(str(code)), str(title)


# What it tells later: an event for each change, signed with a key of the account's.

OLDEST = 600  # seconds that a call may be off, as for mails
SIGNATURE, TIMESTAMP = b"telnyx-signature-ed25519", b"telnyx-timestamp"


class TelnyxReceipts(ReceiptReader):
    """`public_key` is as its console shows it, in base64; "" refuses everything."""

    def __init__(self, public_key: str) -> None:
        key = b64decode(public_key)
        self._key = Ed25519PublicKey.from_public_bytes(key) if key else None

    def read_receipts(self, target: str, headers: dict[bytes, bytes], body: bytes) -> list[Receipt]:
        self._check(headers, body)
        try:
            event = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            raise Forged from None  # nothing that it would sign
        receipt = _receipt(event) if urlsplit(target).path.endswith("/status") else None
        return [receipt] if receipt else []

    def _check(self, headers: dict[bytes, bytes], body: bytes) -> None:
        """Over the body as it came, and the time. Raises `Forged`."""
        timestamp = headers.get(TIMESTAMP, b"")
        if self._key is None or not timestamp.isdigit() or len(timestamp) > 12:
            raise Forged
        if abs(time() - int(timestamp)) > OLDEST:
            raise Forged
        try:
            signature = b64decode(headers.get(SIGNATURE, b""), validate=True)
            self._key.verify(signature, timestamp + b"|" + body)
        except (ValueError, InvalidSignature):
            raise Forged from None


def _receipt(event: dict[str, Any]) -> Receipt | None:
    """None for what tells nothing of a text of ours. Our id is in the address that we gave with the
    text, which the event repeats: what it was sent to is not part of the signature.
    """
    try:
        payload = event["data"]["payload"]
        status = str(payload["to"][0]["status"])
        url, errors = str(payload.get("webhook_url", "")), payload.get("errors") or [{}]
        code = clean_id(str(errors[0].get("code", "")))
    except (TypeError, LookupError, AttributeError):
        return None
    state, provider_id = STATUSES.get(status), clean_id(str(payload.get("id", "")))
    reference = _reference(url)
    if state is None or not (reference or provider_id):
        return None
    if state is not State.FAILED:
        return Receipt(reference, provider_id, state)
    reason = MEANINGS.get(code) or (Reason.EXPIRED if status == "expired" else Reason.UNREACHABLE)
    refused = State.REFUSED if reason.is_for_good else state
    return Receipt(reference, provider_id, refused, reason, code or None)


def _reference(url: str) -> str:
    try:
        given = dict(parse_qsl(urlsplit(url).query)).get("message", "")
    except ValueError:
        return ""
    return given if is_uuid(given) else ""
