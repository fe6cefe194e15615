"""The composition root: settings become adapters, adapters meet the domain, Litestar serves it."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from jinja2 import Environment
from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.adapters.limits_file import read_limits
from app.adapters.messages import TemplateStationery
from app.adapters.outside import Outside, outside_of
from app.adapters.schema import newest_revision
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


def create_app() -> Litestar:
    """What uvicorn runs. Raises `BadSettings`."""
    settings = read_settings(os.environ)
    set_up_logging(settings.log_level, settings.log_format)
    return build(settings, read_limits(settings))


def build(settings: Settings, limits: LimitTable) -> Litestar:
    outside = outside_of(settings)
    live = settings.environment == "development"
    assets = Assets(STATIC, live=live)
    environment = template_environment(assets, live=live)
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


def _composer(settings: Settings, environment: Environment) -> Composer:
    return Composer(
        TemplateStationery(environment),
        keys_for("verification codes", settings.secret_key)[0],
        settings.hostname,
        settings.base_url,
    )


def _parts(
    settings: Settings, limits: LimitTable, outside: Outside, pages: Pages, dispatcher: Dispatcher
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
    outside: Outside,
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
        Finish(outside.database, Passwords(), sessions, settings.password_min_length),
    )


def _running(outside: Outside, dispatcher: Dispatcher, health: Health) -> Lifespan:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        await outside.database.open()
        dispatching = asyncio.create_task(dispatcher.run())
        # What is there now stays for good: a full look for garbage need not go through it, and
        # nobody waits a tenth of a second for that.
        gc.collect()
        gc.freeze()
        try:
            yield
        finally:
            health.draining = True
            dispatcher.close()
            await asyncio.wait([dispatching], timeout=DRAIN)
            dispatching.cancel()
            await outside.close()

    return running


def _static(assets: Assets) -> ASGIRouteHandler:
    @asgi("/static", is_mount=True, copy_scope=False)
    async def static(scope: Scope, receive: Receive, send: Send) -> None:
        await assets(scope, receive, send)

    return static
