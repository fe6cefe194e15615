"""The application with what only a developer's machine has: stand-ins and /dev."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from litestar import Litestar

from app import main
from app.adapters.registry import StandIns
from app.dev.gallery import GalleryController
from app.dev.middleware import DevelopmentMiddleware
from app.dev.openid_provider.pages import DevAuth0Controller
from app.dev.openid_provider.provider import KEY, DevOpenIdProvider, LocalKey, Registration
from app.dev.outbox import OUTBOX, LocalCalls, LocalMail, LocalTexts, Outbox, OutboxController
from app.dev.reload import Changes, ReloadController, Watched
from app.domain.concurrency import Lazy
from app.domain.delivery.senders import Sender
from app.domain.languages import FOLDER
from app.domain.limits import LimitTable
from app.domain.ports import Dependency, ShortMemory
from app.settings import Settings
from app.web.brand import STATIC
from app.web.container import Container
from app.web.overrides import PARTIALS
from app.web.server import GRACE, end_with_parent

# Checks have the names of the vendors in whose place these are.
KEPT_HERE = "Look whether the disk of this machine is full: messages are kept in a file."


@dataclass(frozen=True, slots=True)
class State:
    """What the pages show; None where a vendor or another provider is asked instead."""

    outbox: Outbox | None
    openid_provider: DevOpenIdProvider | None


def create_app(grace: float = GRACE) -> Litestar:
    """As `latchkey serve` runs it on a developer's machine. Raises `BadSettings`."""
    return build(*main.read_environment(), grace)


def create_reloading_app() -> Litestar:
    """As `latchkey dev` runs it: in a process that does not outlive the command."""
    end_with_parent(os.getppid(), signal.SIGTERM)
    return create_app(grace=0)  # no load balancer sends anybody here, and a reload should not wait


def build(settings: Settings, limits: LimitTable, grace: float) -> Litestar:
    """Where the world could reach it, the same as without."""
    if not settings.is_local:
        return main.build(settings, limits, grace)
    app = main.build(settings, limits, grace, _development())
    is_edited = settings.environment == "development"
    changes = _watch(settings, app.state.container) if is_edited else None
    app.asgi_handler = DevelopmentMiddleware(app.asgi_handler, changes)
    return app


def _watch(settings: Settings, container: Container) -> Changes:
    """All that is read again when it changes."""
    brand = [Path(settings.brand_dir)] if settings.brand_dir else []
    return Changes(
        Watched([PARTIALS, STATIC, FOLDER, *brand]),
        container.language_finder.languages,
        lambda: container.health.draining,
    )


def _development() -> main.Development:
    outbox = Outbox(OUTBOX)

    def build_state(settings: Settings, memory: ShortMemory) -> State:
        sends_all = settings.sms_senders and settings.mail_vendor
        provider = _build_provider(settings, memory) if settings.asks_own_auth0 else None
        return State(None if sends_all else outbox, provider)

    return main.Development(
        StandIns(
            Sender(Lazy(lambda: LocalTexts(outbox)), Dependency("twilio", KEPT_HERE)),
            Lazy(lambda: LocalCalls(outbox)),
            Sender(Lazy(lambda: LocalMail(outbox)), Dependency("sendgrid", KEPT_HERE)),
        ),
        (OutboxController, GalleryController, ReloadController, DevAuth0Controller),
        build_state,
    )


def _build_provider(settings: Settings, memory: ShortMemory) -> DevOpenIdProvider:
    client = Registration(
        settings.auth0_issuer or "",
        settings.auth0_client_id,
        settings.auth0_client_secret,
        settings.base_url,
    )
    return DevOpenIdProvider(memory, client, LocalKey(KEY))
