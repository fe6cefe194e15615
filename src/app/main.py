"""The composition root: settings become adapters, adapters meet the domain, Litestar serves it."""

import app.web.fast_pages  # isort: skip  # noqa: F401 - before Litestar and httpx

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

from litestar import Controller, Litestar
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import ASGIRouteHandler, asgi
from litestar.types import ExceptionHandlersMap, Receive, Scope, Send

from app.adapters.files import read_limits
from app.adapters.registry import Adapters, StandIns, build_adapters
from app.adapters.shared_numbers import join_workers
from app.controllers.api.forward_auth import forward_auth
from app.controllers.routes import ROUTES
from app.domain.account.delayed_changes import APPLIED_EVERY
from app.domain.account.personal_data import FORGOTTEN_EVERY, Erasure
from app.domain.cleanup import clean_up_and_tell, keep_partitions_and_tell, until_next_round
from app.domain.concurrency import attempt, keep_doing
from app.domain.delivery.database_limits import EVERY as LOOKED_EVERY
from app.domain.delivery.dispatcher import Dispatcher
from app.domain.delivery.proved import COUNTED_EVERY, count_settled_sends
from app.domain.delivery.refill import EVERY as REFILLED_EVERY
from app.domain.delivery.senders import EVERY as TOLD_EVERY
from app.domain.delivery.senders import SharedOutages
from app.domain.delivery.spending import EVERY as WARNED_EVERY
from app.domain.delivery.spending import TextSpending
from app.domain.errors import Refusal
from app.domain.events.dispatcher import Events
from app.domain.health import LOOKED_AT_EVERY
from app.domain.languages import Languages
from app.domain.limits import LimitTable
from app.domain.ports import ShortMemory
from app.domain.processes import EVERY as EXCHANGED_EVERY
from app.domain.processes import Processes
from app.domain.restores import EVERY as GUARDED_EVERY
from app.domain.restores import RestoreGuard
from app.domain.sessions.tokens import keep_fresh, read_keys
from app.domain.tracing import Tracer
from app.settings import Settings, read_settings
from app.web.assets import Assets
from app.web.brand import STATIC, Brand, load_brand
from app.web.client_address import UntrustedForwarding
from app.web.container import Container
from app.web.cors import Cors
from app.web.early_answers import EarlyAnswers
from app.web.errors import (
    LastResort,
    PreparedResponse,
    show_client_left,
    show_crash,
    show_http_error,
    show_prepared_response,
    show_refusal,
)
from app.web.middleware import ClientLeft, OuterMiddleware
from app.web.page import Pages
from app.web.protocol import Protocol
from app.web.response import answer_options
from app.web.server import GRACE, Drain, not_ready_first, stopped_at_once
from app.web.telemetry import set_up_logging
from app.web.tracing import TracedRequests
from app.wiring import Wiring
from app.wiring.messages import build_composer, build_templates
from app.wiring.operations import (
    build_processes,
    build_restore_guard,
    build_text_spending,
    list_checks,
)

EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    PreparedResponse: show_prepared_response,
    ClientLeft: show_client_left,
    Refusal: show_refusal,
    HTTPException: show_http_error,
    Exception: show_crash,
}
HANDOVER = 0.0005  # seconds that one thread of Python keeps another waiting; Python's own: 0.005
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True)
class Development:
    """What `app.dev` adds on a developer's machine; elsewhere nothing. Its controllers find what
    `build_state` makes in `app.state.development`.
    """

    stand_ins: StandIns | None = None
    controllers: tuple[type[Controller], ...] = ()
    build_state: Callable[[Settings, ShortMemory], object] = lambda *_: None


NO_DEVELOPMENT = Development()


def create_app(grace: float = GRACE) -> Litestar:
    """What uvicorn runs. Raises `BadSettings`."""
    return build(*read_environment(), grace)


def read_environment() -> tuple[Settings, LimitTable]:
    """Before anything is logged or answered. Raises `BadSettings`."""
    settings = read_settings(os.environ)
    set_up_logging(settings.log_level, settings.log_format)
    return settings, read_limits(settings)


def build(
    settings: Settings,
    limits: LimitTable,
    grace: float,
    development: Development = NO_DEVELOPMENT,
) -> Litestar:
    adapters = build_adapters(settings, development.stand_ins)
    assets = Assets(STATIC, live=settings.environment == "development", brand=load_brand(settings))
    languages = Languages(settings.languages, own=assets.brand.find("words"))
    templates = build_templates(settings, assets, languages)
    processes = build_processes(settings, adapters)
    compose = build_composer(settings, processes.keys, templates, languages).compose_message
    senders = (adapters.texts, adapters.mail, compose, adapters.calls)
    dispatcher = Dispatcher(adapters.database, *senders, adapters.tracer)
    forwarding = UntrustedForwarding(settings.trusted_proxies) if settings.is_production else None
    events = Events(adapters.database, adapters.webhooks, settings.services)
    spending = build_text_spending(settings, adapters.database, languages)
    guard = build_restore_guard(adapters)
    checks = list_checks(forwarding, events, spending, processes, guard)
    wiring = Wiring(settings, processes.keys, limits, adapters, dispatcher, checks)
    container = wiring.build_container(Pages(templates), languages, spending)
    drain, erasure = Drain(grace, settings.drain_seconds), wiring.build_erasure()
    state = development.build_state(settings, adapters.memory)
    working = (adapters, dispatcher, events, spending, processes, guard)
    lifespan = _lifespan(*working, container, erasure, drain)
    app = Litestar(
        [*ROUTES, *development.controllers, forward_auth, _static(assets)],
        exception_handlers=EXCEPTION_HANDLERS,
        lifespan=[lifespan],
        state=State({"container": container, "development": state, "drain": drain}),
        request_max_body_size=64 * 1024,
        before_request=answer_options,
        openapi_config=None,
        logging_config=None,
    )
    _enclose(app, settings, container, forwarding, adapters.tracer)
    return app


def _enclose(
    app: Litestar,
    settings: Settings,
    container: Container,
    forwarding: UntrustedForwarding | None,
    tracer: Tracer | None,
) -> None:
    """With what is around it: the middleware, and answers to what never gets there."""
    last_resort = LastResort(container.pages.brand)
    hsts = settings.hsts if settings.is_secure else ""
    Protocol.answers = EarlyAnswers(last_resort, hsts=hsts)
    app.asgi_handler = OuterMiddleware(
        app.asgi_handler,
        hsts=hsts,
        last_resort=last_resort.render,
        find_reader=container.language_finder.find_reader,
        cors=Cors(settings.allowed_origins),
        trusted_proxies=settings.trusted_proxies,
        forwarding=forwarding,
    )
    if tracer:
        app.asgi_handler = TracedRequests(app.asgi_handler, tracer, settings.trusted_proxies)


def _lifespan(
    adapters: Adapters,
    dispatcher: Dispatcher,
    events: Events,
    spending: TextSpending,
    processes: Processes,
    guard: RestoreGuard,
    container: Container,
    erasure: Erasure,
    drain: Drain,
) -> Lifespan:
    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        join_workers()
        with stopped_at_once():
            await adapters.open()
            # Before anybody is let in: without them nobody can be. Nor by a key that others lack.
            await attempt("keys of other servers", processes.exchange)
            await read_keys(container.signing_keys, container.web_config.access_tokens)
            await attempt("receivers of events", events.set_receivers)
            await attempt("budget of texts", spending.put_in_force)
        dispatching = [asyncio.create_task(each.run()) for each in (dispatcher, events)]
        works = _background(adapters, processes, container, erasure, spending, guard)
        background = [asyncio.create_task(each) for each in works]
        _set_up_interpreter()
        try:
            with not_ready_first(container.health, drain):
                yield
        finally:
            container.health.draining = True
            for task in background:
                task.cancel()
            dispatcher.close()
            events.close()
            _, late = await asyncio.wait(dispatching, timeout=drain.left)
            for sending in late:
                sending.cancel()
            await adapters.close(drain.left)

    return running


def _set_up_interpreter() -> None:
    # What is there now stays for good: a full look for garbage need not go through it, and
    # nobody waits a tenth of a second for that. The little garbage of a start stays, too: to look
    # for it takes a twelfth of the start.
    gc.freeze()
    gc.enable()  # which `serve` had put off
    # At Python's own 700, looking for garbage takes a twentieth of the CPU of a request.
    gc.set_threshold(20_000)
    # A core that has hashed a password stands still until its thread has the interpreter.
    sys.setswitchinterval(HANDOVER)


def _background(
    adapters: Adapters,
    processes: Processes,
    container: Container,
    erasure: Erasure,
    spending: TextSpending,
    guard: RestoreGuard,
) -> Iterator[Coroutine[None, None, None]]:
    yield keep_fresh(container.signing_keys, container.web_config.access_tokens)
    yield keep_doing("keys of other servers", processes.exchange, lambda: EXCHANGED_EVERY)
    yield adapters.watch()
    yield adapters.load_vendors()
    brand = container.pages.brand
    if brand.folder:
        yield attempt("check of the brand", partial(_check_brand, brand, brand.folder))
    yield container.prices.watch()
    months = partial(keep_partitions_and_tell, adapters.cleaning_database)
    yield keep_doing("partitions", months, until_next_round)
    removal = partial(clean_up_and_tell, adapters.cleaning_database)
    yield keep_doing("removal of what has expired", removal, until_next_round)
    changes, turn = container.account.delayed_changes, asyncio.Lock()
    yield keep_doing("delayed changes", changes.apply_due_changes, lambda: APPLIED_EVERY, turn)
    yield keep_doing("deleted contacts", erasure.forget_all, lambda: FORGOTTEN_EVERY, turn)
    # Since when something is so is known of what is looked at.
    yield keep_doing("status", container.health.watch_areas, lambda: LOOKED_AT_EVERY)
    caps = container.daily_caps
    yield keep_doing("caps of messages", caps.look_at_all, lambda: LOOKED_EVERY, turn)
    yield keep_doing("look for a restored backup", guard.look, lambda: GUARDED_EVERY, turn)
    outages = SharedOutages(adapters.memory, [*adapters.texts.all, *adapters.mail.all])
    yield keep_doing("news of senders", outages.exchange, lambda: TOLD_EVERY)
    settled = partial(count_settled_sends, adapters.cleaning_database)
    yield keep_doing("counts of what was sent", settled, lambda: COUNTED_EVERY, turn)
    yield keep_doing("budget of texts", spending.warn, lambda: WARNED_EVERY, turn)
    refill = container.send_refill
    yield keep_doing("refill of Redis", refill.refill_where_due, lambda: REFILLED_EVERY)


async def _check_brand(brand: Brand, folder: Path) -> None:
    # Not imported with the others: what reads catalogues takes 12 ms.
    checker = import_module("app.web.brand_check")
    labels = [label for label, _ in brand.legal_links]
    found = await asyncio.to_thread(checker.check_brand, folder, labels)
    brand.report_findings([*map(str, found)])


def _static(assets: Assets) -> ASGIRouteHandler:
    @asgi("/static", is_mount=True, copy_scope=False)
    async def static(scope: Scope, receive: Receive, send: Send) -> None:
        await assets(scope, receive, send)

    return static
