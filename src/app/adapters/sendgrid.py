"""Mails through SendGrid: built with its package, posted on our own client."""

import re
from datetime import UTC, datetime
from typing import Any

import httpx
from sendgrid.helpers.mail import (
    ClickTracking,
    From,
    Header,
    OpenTracking,
    Personalization,
    To,
    TrackingSettings,
)
from sendgrid.helpers.mail import CustomArg as Argument
from sendgrid.helpers.mail import Mail as Payload

from app.adapters.http_client import (
    DEADLINE,
    seconds_to_wait,
    seconds_until,
    send_request,
    status_words,
)
from app.adapters.outages import redact_contacts
from app.domain.ports import Email, Mail, Reason, Refused, SendOutcome, Sent, Uncertain, Unsent
from app.settings import Settings


def build_mail(settings: Settings, client: httpx.AsyncClient) -> Mail:
    return SendGridMail(
        client,
        api_key=settings.sendgrid_api_key,
        sender=settings.sendgrid_from_email,
        sender_name=settings.brand_name,
        api_url=settings.sendgrid_api_url,
    )


class SendGridMail(Mail):
    """`sender` is an address that SendGrid has verified as ours."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        api_key: str,
        sender: str,
        sender_name: str = "Latchkey",
        api_url: str = "https://api.sendgrid.com",
        deadline: float = DEADLINE,
    ) -> None:
        """`deadline` is in seconds."""
        self._client = client
        self._url = f"{api_url.rstrip('/')}/v3/mail/send"
        # As bytes: httpx would raise on a key with a stray non-ASCII character, SendGrid says 401.
        self._headers = {b"Authorization": f"Bearer {api_key}".encode()}
        self._sender = From(sender, sender_name)
        self._deadline = deadline

    async def send(self, email: Email) -> SendOutcome:
        return await send_request(self._send(email), self._deadline)

    async def _send(self, email: Email) -> SendOutcome:
        response = await self._client.post(
            self._url,
            json=_payload(self._sender, email),
            headers=self._headers,
            follow_redirects=False,
        )
        return _outcome(response)


def _payload(sender: From, email: Email) -> dict[str, Any]:
    """The body of POST /v3/mail/send."""
    payload = Payload(
        from_email=sender,
        subject=re.sub(r"[\r\n]+", " ", email.subject),  # the package lets them through
        plain_text_content=email.text,
        html_content=email.html,
    )
    payload.add_personalization(_addressed_to(email))
    # RFC 3834: no holiday reply comes back to a code.
    payload.add_header(Header("Auto-Submitted", "auto-generated"))
    # Tracking rewrites links through a host of SendGrid's, where scanners spend one-use links.
    payload.tracking_settings = TrackingSettings(
        click_tracking=ClickTracking(enable=False, enable_text=False),
        open_tracking=OpenTracking(enable=False),
    )
    body: dict[str, Any] = payload.get()
    return body


def _addressed_to(email: Email) -> Personalization:
    to = To()
    to.email = email.to  # given to the constructor, it would be parsed as "Name <address>"
    person = Personalization()
    person.add_to(to)
    # Kept by SendGrid for long and visible to its staff, so nothing but an opaque id.
    person.add_custom_arg(Argument("reference", email.reference))
    return person


def _outcome(response: httpx.Response) -> SendOutcome:
    code = str(response.status_code)
    message_id = response.headers.get("X-Message-Id")
    if response.status_code == 202 and message_id:
        return Sent(message_id)
    words = _words(response)
    if response.status_code == 503 and (wait := _seconds_to_reset(response)) is not None:
        return Unsent(code, wait, words)  # not let in; a proxy's 503 names no time to come back
    if response.is_success or response.is_server_error:
        return Uncertain(code, words)
    if response.status_code == 429:
        return Unsent(code, _seconds_to_reset(response), words)
    if response.status_code == 400 and _blames_the_address(response):
        return Refused(Reason.UNUSABLE, code, words)
    return Refused(Reason.MISCONFIGURED, code, words)


def _words(response: httpx.Response) -> str:
    """What SendGrid says is wrong, else the status."""
    try:
        return redact_contacts(str(response.json()["errors"][0]["message"]))
    except (ValueError, TypeError, LookupError):
        return status_words(response.status_code)


def _blames_the_address(response: httpx.Response) -> bool:
    """Whether the recipient's address, and nothing of ours, is what SendGrid objects to."""
    try:
        fields = [str(error["field"]) for error in response.json()["errors"]]
    except (ValueError, TypeError, LookupError):
        return False
    return bool(fields) and all(
        re.fullmatch(r"personalizations\..*\bemail", field) for field in fields
    )


def _seconds_to_reset(response: httpx.Response) -> float | None:
    """`X-RateLimit-Reset` is a Unix time in seconds (SendGrid, "Rate Limits")."""
    reset = response.headers.get("X-RateLimit-Reset", "")
    if not re.fullmatch(r"[0-9]{1,11}", reset):
        return seconds_to_wait(response)
    return seconds_until(datetime.fromtimestamp(int(reset), UTC))
