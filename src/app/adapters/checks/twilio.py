"""Twilio: the account that our SID and token are of (Accounts resource, fetch)."""

import httpx

from app.adapters.http_client import status_words
from app.domain.checks import Finding, Status
from app.settings import Settings


async def check(settings: Settings, client: httpx.AsyncClient) -> Finding:
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
