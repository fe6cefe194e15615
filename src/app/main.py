"""The composition root: settings become adapters, adapters meet the domain, Litestar serves it."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from jinja2 import Environment
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.adapters.limits_file import read_limits
from app.adapters.local import LocalMail, LocalTexts, Outbox
from app.adapters.messages import TemplateStationery
from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.adapters.schema import newest_revision
from app.adapters.sendgrid import SendGridMail
from app.adapters.twilio import TwilioTexts
from app.adapters.wire import vendor_client
from app.controllers.dev import DevController
from app.controllers.health import HealthController
from app.controllers.home import HomeController
from app.controllers.signup import SignupController
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.errors import Refusal
from app.domain.health import Health
from app.domain.identity.passwords import Passwords
from app.domain.identity.users import People
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.ports import Mail, TextMessages
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.sessions import ABSOLUTE, Sessions
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import Finish
from app.domain.signup.flow import SignupFlow
from app.domain.verification.channel import EMAIL, PHONE
from app.domain.verification.means import Means
from app.domain.verification.messages import Composer
from app.domain.verification.verifications import Verifications
from app.settings import Settings, read_settings
from app.web.assets import Assets
from app.web.cookies import Cookies
from app.web.csrf import Csrf
from app.web.edge import Edge
from app.web.errors import (
    Shown,
    last_resort,
    show_crash,
    show_http_error,
    show_refusal,
    show_shown,
)
from app.web.manners import Manners
from app.web.page import Pages, template_environment
from app.web.parts import Parts
from app.web.telemetry import set_up_logging

STATIC = Path(__file__).parents[2] / "static"
DRAIN = 10.0  # seconds for messages in hand when the process is asked to stop
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
OUTBOX = Path(".latchkey") / "outbox.jsonl"


def create_app() -> Litestar:
    """What uvicorn runs. Raises `BadSettings`."""
    settings = read_settings(os.environ)
    set_up_logging(settings.log_level, settings.log_format)
    return build(settings, read_limits(settings))


def build(settings: Settings, limits: LimitTable) -> Litestar:
    outside = _outside(settings)
    assets = Assets(STATIC, live=not settings.production)
    environment = template_environment(assets, live=not settings.production)
    pages = Pages(environment)
    dispatcher = Dispatcher(
        outside.database, outside.texts, outside.mail, _composer(settings, environment)
    )
    parts = _parts(settings, limits, outside, pages, dispatcher)
    app = Litestar(
        [HomeController, SignupController, HealthController, DevController, _static(assets)],
        exception_handlers={
            Shown: show_shown,
            Refusal: show_refusal,
            HTTPException: show_http_error,
            Exception: show_crash,
        },
        lifespan=[_running(outside, dispatcher, parts.health)],
        state=State({"parts": parts}),
        request_max_body_size=64 * 1024,
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler, secure=settings.secure, last_resort=last_resort)
    return app


@dataclass(frozen=True, slots=True)
class _Outside:
    """What the product talks to, and what must be closed in the end."""

    database: Postgres
    memory: Redis
    texts: TextMessages
    mail: Mail
    outbox: Outbox | None
    wire: httpx.AsyncClient
    passwords: Passwords


def _outside(settings: Settings) -> _Outside:
    """A vendor without credentials is replaced by an outbox; production has none of those."""
    wire, outbox = vendor_client(), Outbox(OUTBOX)
    texts: TextMessages = LocalTexts(outbox)
    mail: Mail = LocalMail(outbox)
    if settings.sends_texts:
        texts = TwilioTexts(
            wire,
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token,
            sender=settings.twilio_messaging_service_sid or settings.twilio_from_number,
            api_url=settings.twilio_api_url,
            status_callback=f"{settings.base_url}/webhooks/twilio/status",
        )
    if settings.sends_mail:
        mail = SendGridMail(
            wire,
            api_key=settings.sendgrid_api_key,
            sender=settings.sendgrid_from_email,
            api_url=settings.sendgrid_api_url,
        )
    local = not (settings.sends_texts and settings.sends_mail)
    return _Outside(
        Postgres(settings.database_url),
        Redis(settings.redis_url),
        texts,
        mail,
        outbox if local and not settings.production else None,
        wire,
        Passwords(),
    )


def _composer(settings: Settings, environment: Environment) -> Composer:
    return Composer(
        TemplateStationery(environment),
        keys_for("verification codes", settings.secret_key)[0],
        settings.hostname,
        settings.base_url,
    )


def _parts(
    settings: Settings, limits: LimitTable, outside: _Outside, pages: Pages, dispatcher: Dispatcher
) -> Parts:
    tokens = AccessTokens(keys_for("access tokens", settings.secret_key), settings.base_url)
    manners = Manners(
        Cookies(settings.secure),
        Csrf(keys_for("forms", settings.secret_key), settings.base_url),
        tokens,
        int(ABSOLUTE.total_seconds()),
        settings.trusted_proxies,
    )
    return Parts(
        manners=manners,
        pages=pages,
        signup=_signup(settings, limits, outside, dispatcher, Sessions(tokens)),
        people=People(outside.database),
        dispatcher=dispatcher,
        health=Health(outside.database, outside.memory, dispatcher, newest_revision()),
        auth0_ready=False,
        password_min_length=settings.password_min_length,
        ops_token=settings.ops_token,
        outbox=outside.outbox,
        production=settings.production,
    )


def _signup(
    settings: Settings,
    limits: LimitTable,
    outside: _Outside,
    dispatcher: Dispatcher,
    sessions: Sessions,
) -> SignupFlow:
    means = Means(
        outside.database,
        outside.memory,
        limits,
        keys_for("verification codes", settings.secret_key),
        settings.hostname,
        dispatcher.wake,
    )
    return SignupFlow(
        settings.sms_regions,
        outside.database,
        Drafts(outside.database, outside.memory),
        Verifications(PHONE, means),
        Verifications(EMAIL, means),
        Finish(outside.database, outside.passwords, sessions, settings.password_min_length),
    )


def _running(outside: _Outside, dispatcher: Dispatcher, health: Health) -> Lifespan:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        await outside.database.open()
        dispatching = asyncio.create_task(dispatcher.run())
        try:
            yield
        finally:
            health.draining = True
            dispatcher.close()
            await asyncio.wait([dispatching], timeout=DRAIN)
            dispatching.cancel()
            await outside.wire.aclose()
            await outside.memory.close()
            await outside.database.close()
            outside.passwords.close()

    return running


def _static(assets: Assets) -> ASGIRouteHandler:
    @asgi("/static", is_mount=True, copy_scope=False)
    async def static(scope: Scope, receive: Receive, send: Send) -> None:
        await assets(scope, receive, send)

    return static
