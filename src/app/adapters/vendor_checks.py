"""Whether a vendor takes what our settings say. Nothing is sent to anybody."""

import httpx

from app.adapters.http_client import status_words
from app.adapters.openid.client import ProviderClient
from app.adapters.openid.discovery import DOCUMENT, parse_endpoints
from app.adapters.smtp import build_mail
from app.domain.checks import Finding, Status
from app.domain.errors import Unavailable
from app.settings import Settings

# Twilio: the account that our SID and token are of (Accounts resource, fetch).


async def check_twilio(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """Raises what httpx does."""
    sid = settings.twilio_account_sid
    response = await client.get(
        f"{settings.twilio_api_url}/2010-04-01/Accounts/{sid}.json",
        auth=(sid.encode(), settings.twilio_auth_token.encode()),
    )
    if response.status_code != 200:
        return Status.FAIL, status_words(response.status_code, _said(response))
    account = response.json()
    status, kind = account.get("status"), account.get("type")
    if status != "active":
        return Status.FAIL, f"the account is {status}"
    if kind == "Trial":
        return Status.WARN, "a trial account: it texts only numbers that were verified there"
    return Status.PASS, "the account is active"


def _said(response: httpx.Response) -> str:
    try:
        return str(response.json().get("message", ""))
    except (ValueError, AttributeError):
        return ""


# Telnyx: whether it knows our key, by asking for the balance of its account.


async def check_telnyx(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """Raises what httpx does."""
    headers = {b"Authorization": f"Bearer {settings.telnyx_api_key}".encode()}
    response = await client.get(f"{settings.telnyx_api_url}/v2/balance", headers=headers)
    if response.status_code != 200:
        return Status.FAIL, status_words(response.status_code)
    return Status.PASS, "the key is known"


# SendGrid: what our key may do (Scopes API).

NEEDED = "mail.send"


async def check_sendgrid(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """Raises what httpx does."""
    headers = {b"Authorization": f"Bearer {settings.sendgrid_api_key}".encode()}
    response = await client.get(f"{settings.sendgrid_api_url}/v3/scopes", headers=headers)
    if response.status_code != 200:
        return Status.FAIL, status_words(response.status_code)
    if NEEDED not in response.json().get("scopes", ()):
        return Status.FAIL, f"the key has not the right {NEEDED}"
    return Status.PASS, f"the key has the right {NEEDED}"


# A mail server: whether it greets us, takes who we are, and mails from our address.


async def check_smtp(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """No mail is sent."""
    trouble = await build_mail(settings, client).find_trouble()
    return (Status.FAIL, trouble) if trouble else (Status.PASS, "it takes mails from us")


# Auth0: whether the issuer is the provider's own, to its last slash (OpenID Connect Discovery).


async def check_openid(settings: Settings, client: httpx.AsyncClient) -> Finding:
    issuer = settings.auth0_issuer or ""
    try:
        reply = await ProviderClient(client).get(f"{issuer.rstrip('/')}/{DOCUMENT}")
    except Unavailable as error:
        return Status.FAIL, error.reason or "no answer"
    if reply.status != 200:
        return Status.FAIL, reply.words
    said = str(reply.body.get("issuer", ""))
    if said != issuer:
        slash = said.rstrip("/") == issuer.rstrip("/")
        what = "the last slash differs" if slash else "that is another one"
        return Status.FAIL, f"AUTH0_ISSUER is {issuer} and the provider says {said}: {what}"
    endpoints = parse_endpoints(reply.body, issuer)
    if not (endpoints.authorization and endpoints.token and endpoints.keys):
        return Status.FAIL, "its document names no addresses that we can use"
    return Status.PASS, f"{issuer} answers"
