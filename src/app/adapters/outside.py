"""Everything the product talks to, chosen by the settings."""

from dataclasses import dataclass
from pathlib import Path

import httpx

from app.adapters.local import LocalMail, LocalTexts, Outbox
from app.adapters.local_openid import LocalOpenId
from app.adapters.oidc import OpenIdProvider
from app.adapters.postgres import Postgres
from app.adapters.prices_copy import PricesCopy
from app.adapters.redis import Redis
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.adapters.wire import vendor_client
from app.domain.ports import Mail, TextMessages
from app.settings import Settings

OUTBOX = Path(".latchkey") / "outbox.jsonl"


@dataclass(frozen=True, slots=True)
class Outside:
    """`prices_database` is the same server, asked each second for the prices alone: where that
    hangs, only the prices grow old.

    `outbox` is there only where a vendor has no credentials, which production refuses.
    `identity_provider` is None where Auth0 was left out; `local_openid` is there where it is one of
    our own.
    """

    database: Postgres
    prices_database: Postgres
    memory: Redis
    texts: TextMessages
    mail: Mail
    outbox: Outbox | None
    identity_provider: OpenIdProvider | None
    local_openid: LocalOpenId | None
    last_good_prices: PricesCopy
    wire: httpx.AsyncClient

    async def open(self) -> None:
        await self.database.open()
        await self.prices_database.open()

    async def watch(self) -> None:
        """Until cancelled: notices when what was down works again."""
        if self.identity_provider:
            await self.identity_provider.watch()

    async def close(self) -> None:
        await self.wire.aclose()
        await self.memory.close()
        await self.prices_database.close()
        await self.database.close()


def outside_of(settings: Settings) -> Outside:
    wire, outbox = vendor_client(), Outbox(OUTBOX)
    local_openid = LocalOpenId.of(settings) if settings.asks_own_auth0 else None
    real = settings.sends_texts and settings.sends_mail
    return Outside(
        Postgres(settings.database_url),
        Postgres(settings.database_url, size=1),
        Redis(settings.redis_url),
        _twilio(settings, wire) if settings.sends_texts else LocalTexts(outbox),
        _sendgrid(settings, wire) if settings.sends_mail else LocalMail(outbox),
        None if real else outbox,
        _identity_provider(settings, local_openid, wire),
        local_openid,
        PricesCopy(),
        wire,
    )


def _identity_provider(
    settings: Settings, local: LocalOpenId | None, wire: httpx.AsyncClient
) -> OpenIdProvider | None:
    """Auth0, or the one that stands in for it: the same adapter asks either."""
    if local:
        known = (local.issuer, local.client_id, local.client_secret)
    elif settings.auth0_issuer:
        known = (settings.auth0_issuer, settings.auth0_client_id, settings.auth0_client_secret)
    else:
        return None
    issuer, client_id, client_secret = known
    return OpenIdProvider(wire, issuer=issuer, client_id=client_id, client_secret=client_secret)


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
