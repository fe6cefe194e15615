"""SendGrid: what our key may do (Scopes API)."""

import httpx

from app.adapters.http_client import status_words
from app.domain.checks import Finding, Status
from app.settings import Settings

NEEDED = "mail.send"


async def check(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """Raises what httpx does."""
    headers = {b"Authorization": f"Bearer {settings.sendgrid_api_key}".encode()}
    response = await client.get(f"{settings.sendgrid_api_url}/v3/scopes", headers=headers)
    if response.status_code != 200:
        return Status.FAIL, status_words(response.status_code)
    if NEEDED not in response.json().get("scopes", ()):
        return Status.FAIL, f"the key has not the right {NEEDED}"
    return Status.PASS, f"the key has the right {NEEDED}"
