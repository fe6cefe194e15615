"""A mail server: whether it greets us, takes who we are, and mails from our address."""

import httpx

from app.adapters.smtp import build_mail
from app.domain.checks import Finding, Status
from app.settings import Settings


async def check(settings: Settings, client: httpx.AsyncClient) -> Finding:
    """No mail is sent."""
    trouble = await build_mail(settings, client).find_trouble()
    return (Status.FAIL, trouble) if trouble else (Status.PASS, "it takes mails from us")
