"""The composition root: settings become adapters, adapters meet the domain, Litestar serves it."""

import app.web.alone  # isort: skip  # noqa: F401 - before Litestar

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from litestar import Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import Receive, Scope, Send

from app.adapters.limits_file import read_limits
from app.adapters.outside import Outside, outside_of
from app.controllers.account import AccountController
from app.controllers.account_confirm import AccountConfirmController
from app.controllers.account_data import AccountDataController
from app.controllers.account_deletion import AccountDeletionController
from app.controllers.account_email import AccountEmailController
from app.controllers.account_identities import AccountIdentitiesController
from app.controllers.account_password import AccountPasswordController
from app.controllers.account_phone import AccountPhoneController
from app.controllers.account_undo import AccountUndoController
from app.controllers.api.pricing import PricingApiController
from app.controllers.auth0 import Auth0Controller
from app.controllers.dev import DevController
from app.controllers.dev_auth0 import DevAuth0Controller
from app.controllers.health import HealthController
from app.controllers.home import HomeController
from app.controllers.login import LoginController
from app.controllers.logout import LogoutController
from app.controllers.plan import PlanController
from app.controllers.pricing import PricingController
from app.controllers.recovery import RecoveryController
from app.controllers.signup import SignupController
from app.controllers.well_known import WellKnownController
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.errors import Refusal
from app.domain.limits import LimitTable
from app.domain.sessions.keyring import keep_fresh, read_keys
from app.settings import Settings, read_settings
from app.web.assets import Assets
from app.web.draining import GRACE, not_ready_first
from app.web.edge import Edge
from app.web.errors import (
    Shown,
    last_resort,
    show_crash,
    show_http_error,
    show_refusal,
    show_shown,
)
from app.web.page import Pages, template_environment
from app.web.parts import Parts
from app.web.telemetry import set_up_logging
from app.wiring import Wiring, composer_of

CONTROLLERS = (
    HomeController,
    SignupController,
    LoginController,
    LogoutController,
    RecoveryController,
    AccountController,
    AccountConfirmController,
    AccountPasswordController,
    AccountDataController,
    AccountDeletionController,
    AccountPhoneController,
    AccountEmailController,
    AccountUndoController,
    AccountIdentitiesController,
    Auth0Controller,
    PricingController,
    PricingApiController,
    PlanController,
    WellKnownController,
    HealthController,
    DevController,
    DevAuth0Controller,
)
STATIC = Path(__file__).parents[2] / "static"
HANDOVER = 0.0005  # seconds that one thread of Python keeps another waiting; Python's own: 0.005
DRAIN = 10.0  # seconds for messages in hand when the process is asked to stop
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_app(grace: float = GRACE) -> Litestar:
    """What uvicorn runs. Raises `BadSettings`."""
    settings = read_settings(os.environ)
    set_up_logging(settings.log_level, settings.log_format)
    return build(settings, read_limits(settings), grace)


def build(settings: Settings, limits: LimitTable, grace: float) -> Litestar:
    outside = outside_of(settings)
    live = settings.environment == "development"
    assets = Assets(STATIC, live=live)
    environment = template_environment(assets, live=live, base_url=settings.base_url)
    pages = Pages(environment)
    dispatcher = Dispatcher(
        outside.database, outside.texts, outside.mail, composer_of(settings, environment)
    )
    parts = Wiring(settings, limits, outside, dispatcher).parts(pages)
    app = Litestar(
        [*CONTROLLERS, _static(assets)],
        exception_handlers={
            Shown: show_shown,
            Refusal: show_refusal,
            HTTPException: show_http_error,
            Exception: show_crash,
        },
        lifespan=[_running(outside, dispatcher, parts, grace)],
        state=State({"parts": parts}),
        request_max_body_size=64 * 1024,
        openapi_config=None,
        logging_config=None,
    )
    app.asgi_handler = Edge(app.asgi_handler, secure=settings.secure, last_resort=last_resort)
    return app


def _running(outside: Outside, dispatcher: Dispatcher, parts: Parts, grace: float) -> Lifespan:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        await outside.open()
        dispatching = asyncio.create_task(dispatcher.run())
        # Before anybody is let in: without them nobody can be.
        await read_keys(parts.signing_keys, parts.manners.access_tokens)
        keys = asyncio.create_task(keep_fresh(parts.signing_keys, parts.manners.access_tokens))
        watching = asyncio.create_task(outside.watch())
        pricing = asyncio.create_task(parts.prices.watch())
        # What is there now stays for good: a full look for garbage need not go through it, and
        # nobody waits a tenth of a second for that.
        gc.collect()
        gc.freeze()
        # A core that has hashed a password stands still until its thread has the interpreter.
        sys.setswitchinterval(HANDOVER)
        try:
            with not_ready_first(parts.health, grace):
                yield
        finally:
            parts.health.draining = True
            keys.cancel()
            watching.cancel()
            pricing.cancel()
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
