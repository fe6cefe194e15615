"""The operators' pages: a small application of its own, in a process that serves nothing else."""

import app.web.fast_pages  # isort: skip  # noqa: F401 - before Litestar

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from advanced_alchemy.extensions.litestar import SQLAlchemyPlugin
from litestar import Litestar, Router, asgi, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import Receive, Scope, Send
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.console.context import Console, require_operator
from app.console.controllers.audit import AuditController
from app.console.controllers.blocks import BlocksController
from app.console.controllers.messages import MessagesController
from app.console.controllers.people import PeopleController
from app.console.controllers.sign_in import SignInController
from app.console.controllers.texts import TextsController
from app.console.controllers.today import TodayController
from app.console.errors import EXCEPTION_HANDLERS
from app.console.listing import read_listing
from app.console.pages import ConsolePages
from app.console.records import build_database
from app.domain.concurrency import attempt
from app.domain.delivery.database_limits import Pseudonyms
from app.domain.identity.users import Subjects
from app.domain.keys import SecretKeys
from app.domain.languages import Languages
from app.domain.limits import LimitTable
from app.domain.operators import Operators
from app.domain.processes import reorder_secret_keys
from app.settings import Settings
from app.web.assets import Assets
from app.web.brand import STATIC, load_brand
from app.web.cors import Cors
from app.web.errors import LastResort
from app.web.middleware import OuterMiddleware
from app.web.response import HttpResponse, answer_options, redirect_to

ENGLISH = Languages(("en",)).get("en")
FORM = 16 * 1024  # bytes


def create_console(settings: Settings, limits: LimitTable) -> Litestar:
    assets = Assets(STATIC, live=False, brand=load_brand(settings))
    secrets, tables = SecretKeys(settings.secret_key), build_database(settings)
    console = _build_console(settings, secrets, limits, assets)
    signed_in = Router(
        "/console",
        route_handlers=[
            TodayController, PeopleController, MessagesController, TextsController,
            BlocksController, AuditController,
        ],
        guards=[require_operator],
        dependencies={"listing": Provide(read_listing)},
    )  # fmt: skip
    application = Litestar(
        [show_start, SignInController, signed_in, serve_files],
        plugins=[SQLAlchemyPlugin(config=tables)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[_lifespan(console, secrets, tables.get_engine())],
        state=State({"console": console, "assets": assets}),
        request_max_body_size=FORM,
        before_request=answer_options,
        openapi_config=None,
        logging_config=None,
    )
    application.asgi_handler = OuterMiddleware(
        application.asgi_handler,
        hsts="",  # whoever puts TLS before it knows for which host
        last_resort=LastResort(assets.brand).render,
        find_reader=lambda _: (ENGLISH, ""),
        cors=Cors(()),
        trusted_proxies=settings.trusted_proxies,
    )
    return application


def _build_console(
    settings: Settings, secrets: SecretKeys, limits: LimitTable, assets: Assets
) -> Console:
    memory = Redis(settings.redis_url, settings.redis_prefix)
    return Console(
        settings,
        limits,
        Postgres.from_settings(settings, size=5),
        memory,
        ConsolePages(assets),
        Operators(settings.ops_token, secrets.derive("operators"), memory, limits),
        Subjects(secrets.derive_oldest("subjects")),
        Pseudonyms(secrets.derive("pseudonyms")),
    )


def _lifespan(
    console: Console, secrets: SecretKeys, engine: AsyncEngine
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        await console.database.open()
        # As the servers count: without an answer, as the setting has them.
        await attempt("order of the keys", partial(reorder_secret_keys, console.database, secrets))
        try:
            yield
        finally:
            await console.memory.close()
            await console.database.close()
            await engine.dispose()  # the plugin forgets it where it has seen two

    return running


@get("/")
async def show_start() -> HttpResponse:
    return redirect_to("/console")


@asgi("/static", is_mount=True, copy_scope=False)
async def serve_files(scope: Scope, receive: Receive, send: Send) -> None:
    await scope["litestar_app"].state.assets(scope, receive, send)
