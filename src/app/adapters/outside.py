"""Everything the product talks to, chosen by the settings."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from app.adapters.local import LocalMail, LocalTexts, Outbox
from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.adapters.wire import vendor_client
from app.domain.ports import Mail, TextMessages
from app.settings import Settings

OUTBOX = Path(".latchkey") / "outbox.jsonl"


@dataclass(frozen=True, slots=True)
class Outside:
    """`outbox` is there only where a vendor has no credentials, which production refuses."""

    database: Postgres
    memory: Redis
    texts: TextMessages
    mail: Mail
    outbox: Outbox | None
    wire: httpx.AsyncClient

    async def close(self) -> None:
        await self.wire.aclose()
        await self.memory.close()
        await self.database.close()


def outside_of(settings: Settings) -> Outside:
    wire, outbox = vendor_client(), Outbox(OUTBOX)
    real = settings.sends_texts and settings.sends_mail
    return Outside(
        Postgres(settings.database_url),
        Redis(settings.redis_url),
        _twilio(settings, wire) if settings.sends_texts else LocalTexts(outbox),
        _sendgrid(settings, wire) if settings.sends_mail else LocalMail(outbox),
        None if real else outbox,
        wire,
    )


def _twilio(settings: Settings, wire: httpx.AsyncClient) -> TwilioTexts:
    """Without a status callback, until there is a page that takes it."""
    return TwilioTexts(
        wire,
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        sender=settings.twilio_messaging_service_sid or settings.twilio_from_number,
        api_url=settings.twilio_api_url,
    )


def _sendgrid(settings: Settings, wire: httpx.AsyncClient) -> SendGridMail:
    return SendGridMail(
        wire,
        api_key=settings.sendgrid_api_key,
        sender=settings.sendgrid_from_email,
        api_url=settings.sendgrid_api_url,
    )
