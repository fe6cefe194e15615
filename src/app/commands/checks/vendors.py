"""Whom we talk to: who sends texts and mails, vouches for people, collects traces; whether each
takes our settings.
"""

import asyncio
from collections.abc import Iterator
from functools import partial
from importlib import import_module

import httpx

from app.adapters import vendor_checks
from app.adapters.http_client import reason_of
from app.adapters.tracing import NOT_INSTALLED, is_installed
from app.commands.checks.line import Line, Look, passed
from app.domain.checks import Status
from app.settings import Settings

FIXES = {
    "twilio": "Compare TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN with Twilio's console.",
    "telnyx": "Compare TELNYX_API_KEY with Telnyx's portal.",
    "sendgrid": "Make a key with the right mail.send, and set SENDGRID_API_KEY.",
    "smtp": "Look at SMTP_URL and at the log of your mail server.",
    "openid": "Compare AUTH0_ISSUER, to its last slash, with the provider's issuer.",
}
UNREACHED = (
    "Check that this machine reaches it: DNS, firewall, HTTPS_PROXY, and the address itself."
)

Vendor = tuple[str, str, Look]


def list_vendors(settings: Settings, client: httpx.AsyncClient) -> Iterator[Vendor]:
    """The name, the fix and the look for each."""
    for sender in settings.sms_senders:
        own = settings.of_sender(sender)
        yield _vendor(sender.name, sender.vendor, own, client)
    if not settings.sms_senders:
        yield _nobody("texts", "nobody sends them: they are kept on this machine")
    if mail := settings.mail_vendor.lower():
        yield _vendor(mail, mail, settings, client)
    else:
        yield _nobody("mails", "nobody sends them: they are kept on this machine")
    if settings.asks_own_auth0:
        yield _nobody("auth0", "a provider of made-up people stands in")
    elif settings.auth0_issuer:
        yield _vendor("auth0", "openid", settings, client)
    else:
        yield _nobody("auth0", "left out")


def _vendor(name: str, vendor: str, settings: Settings, client: httpx.AsyncClient) -> Vendor:
    return name, FIXES[vendor], partial(_ask, name, vendor, settings, client)


def _nobody(name: str, words: str) -> Vendor:
    async def look() -> list[Line]:
        return [passed(name, words)]

    return name, "", look


async def _ask(name: str, vendor: str, settings: Settings, client: httpx.AsyncClient) -> list[Line]:
    fix = FIXES[vendor]
    try:
        check = getattr(vendor_checks, f"check_{vendor}")
        status, words = await check(settings, client)
    except httpx.TransportError as error:
        status, words, fix = Status.FAIL, reason_of(error), UNREACHED
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
        status, words = Status.FAIL, reason_of(error)
    return [Line(name, status, words, "" if status is Status.PASS else fix)]


AWAY = "Look at the OTEL_EXPORTER_OTLP_ settings and at the collector. Nobody waits for it."
INSTALL = "Install latchkey[otel]: see docs/watch.md."


async def check_traces(settings: Settings) -> list[Line]:
    if not settings.collects_traces:
        return [passed("traces", "none are collected: OTEL_EXPORTER_OTLP_ENDPOINT is not set")]
    if not is_installed():
        return [Line("traces", Status.WARN, NOT_INSTALLED, INSTALL)]
    trouble = await asyncio.to_thread(import_module("app.adapters.otel").ask_collector)
    if trouble:
        return [Line("traces", Status.WARN, f"the collector takes none: {trouble}", AWAY)]
    return [passed("traces", "the collector takes what it is given")]
