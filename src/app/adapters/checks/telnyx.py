"""Telnyx: whether it knows our key, by asking for the balance of its account."""

import httpx

from app.adapters.http_client import status_words
from app.domain.checks import Finding, Status
from app.settings import Settings


async def check(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """Raises what httpx does."""
    headers = {b"Authorization": f"Bearer {settings.telnyx_api_key}".encode()}
    response = await client.get(f"{settings.telnyx_api_url}/v2/balance", headers=headers)
    if response.status_code != 200:
        return Status.FAIL, status_words(response.status_code)
    return Status.PASS, "the key is known"
