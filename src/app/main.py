"""The composition root: settings become adapters, adapters meet the domain, Litestar serves it."""

import asyncio
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
from app.controllers.account import AccountController
from app.controllers.dev import DevController
from app.controllers.health import HealthController
from app.controllers.home import HomeController
from app.controllers.login import LoginController
from app.controllers.logout import LogoutController
from app.controllers.signup import SignupController
from app.controllers.well_known import WellKnownController
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.errors import Refusal
from app.domain.health import Health
from app.domain.identity.passwords import Passwords
from app.domain.identity.users import People
from app.domain.keys import keys_for
from app.domain.limits import LimitTable
from app.domain.login.budget import PasswordBudget
from app.domain.login.flow import LoginFlow
from app.domain.sessions.access_tokens import AccessTokens
from app.domain.sessions.keyring import keep_fresh
from app.domain.sessions.refresh_tokens import RefreshTokens
from app.domain.sessions.sessions import ABSOLUTE, Sessions
from app.domain.sessions.signing_keys import SigningKeys
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
from app.web.devices import Devices
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

CONTROLLERS = (
    HomeController,
    SignupController,
    LoginController,
    LogoutController,
    AccountController,
    WellKnownController,
    HealthController,
    DevController,
)
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
        [*CONTROLLERS, _static(assets)],
        exception_handlers={
            Shown: show_shown,
            Refusal: show_refusal,
            HTTPException: show_http_error,
            Exception: show_crash,
        },
        lifespan=[_running(outside, dispatcher, parts)],
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
    tokens = AccessTokens(settings.base_url)
    refresh_tokens = RefreshTokens(keys_for("refresh tokens", settings.secret_key))
    sessions, passwords = Sessions(outside.database, tokens, refresh_tokens), Passwords()
    manners = Manners(
        Cookies(settings.secure),
        Csrf(keys_for("forms", settings.secret_key), settings.base_url),
        Devices(keys_for("devices", settings.secret_key)),
        tokens,
        int(ABSOLUTE.total_seconds()),
        settings.trusted_proxies,
    )
    return Parts(
        manners=manners,
        pages=pages,
        signup=_signup(
            settings,
            limits,
            outside,
            dispatcher,
            Finish(outside.database, passwords, sessions, settings.password_min_length),
        ),
        login=LoginFlow(
            outside.database,
            passwords,
            sessions,
            PasswordBudget(outside.database, outside.memory, limits),
            dispatcher.wake,
        ),
        sessions=sessions,
        signing_keys=SigningKeys(keys_for("signing keys", settings.secret_key), outside.database),
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
    finish: Finish,
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
        finish,
    )


def _running(outside: Outside, dispatcher: Dispatcher, parts: Parts) -> Lifespan:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        await outside.database.open()
        dispatching = asyncio.create_task(dispatcher.run())
        keys = asyncio.create_task(keep_fresh(parts.signing_keys, parts.manners.access_tokens))
        try:
            yield
        finally:
            parts.health.draining = True
            keys.cancel()
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
