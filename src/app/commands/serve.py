"""`latchkey serve`: the production server, once what it needs was found usable."""

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Any

import click
import uvicorn

from app.adapters.postgres_connection import POOLED_STATEMENT as POOLED
from app.adapters.postgres_connection import is_behind_pooler
from app.adapters.redis import Redis
from app.adapters.tracing import NOT_INSTALLED, is_installed
from app.commands.settings import listening, port_or_exit, refuse, settings_or_exit
from app.commands.workers import end_on_signal, run_workers
from app.settings import Settings
from app.settings.unknown import unknown_settings
from app.web.server import Server
from app.web.telemetry import set_up_logging

log = logging.getLogger("app.serve")

# Of uvicorn, for the servers and the console.
OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    # By name: with reload, the process that only watches the other imports none of it.
    "http": "app.web.protocol:Protocol",
    "lifespan": "on",
    # We read X-Forwarded-For ourselves, and only behind TRUSTED_PROXIES.
    "proxy_headers": False,
    "server_header": False,
    "access_log": False,
    "log_config": None,
}

# What a server is asked before anything starts: whether it can be used at all.


def stores_or_exit(settings: Settings) -> None:
    """Behind a pooler that is not spoken of most requests would fail, each in its own way; a Redis
    that is too old never will do. Both are asked at once. One that does not answer now is tried
    later: then `/health` tells of it.
    """
    pooled, incompatibility = asyncio.run(_ask_stores(settings))
    if pooled:
        refuse([f"DATABASE_URL: {POOLED}."])
    if incompatibility:
        raise click.ClickException(incompatibility)


async def _ask_stores(settings: Settings) -> tuple[bool, str]:
    return await asyncio.gather(_is_unspoken_pooler(settings), _incompatibility(settings))


async def _is_unspoken_pooler(settings: Settings) -> bool:
    formatted_of = settings.database_pooler == "transaction"
    return not formatted_of and await is_behind_pooler(settings.database_url)


async def _incompatibility(settings: Settings) -> str:
    memory = Redis(settings.redis_url, settings.redis_prefix)
    try:
        return await memory.incompatibility()
    finally:
        await memory.close()


@click.command()
@listening
def serve() -> None:
    """Serve. Refuses unsafe or missing settings, all of them at once."""
    # A start makes little garbage, and looking for it again and again takes a sixth of its time.
    gc.disable()
    signal.signal(signal.SIGTERM, end_on_signal)
    settings = settings_or_exit("DATABASE_URL", "REDIS_URL")
    port_or_exit(settings)
    stores_or_exit(settings)
    # By name: what only a developer's machine has is never imported for anybody else.
    run(settings, "app.dev.app:create_app" if settings.is_local else "app.main:create_app")


def run(settings: Settings, factory: str, *, reload_dirs: list[str] | None = None) -> None:
    """Until stopped. SIGTERM finishes what is under way and exits with 0; `web/server.py` comes
    first. What SIGTERM does before and after is the caller's to say.
    """
    set_up_logging(settings.log_level, settings.log_format)
    tell_of_unknown_settings()
    if settings.collects_traces and not is_installed():
        log.warning("traces are not collected", extra={"reason": NOT_INSTALLED})
    options: dict[str, Any] = {
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "timeout_keep_alive": settings.keep_alive,
        "timeout_graceful_shutdown": settings.drain_seconds,
        **OPTIONS,
    }
    if reload_dirs is not None:
        uvicorn.run(factory, reload=True, reload_dirs=reload_dirs, **options)
        return
    config = uvicorn.Config(factory, **options)
    started = run_workers(config, factory) if settings.workers > 1 else run_alone(config)
    if not started:
        sys.exit(1)


def run_alone(config: uvicorn.Config) -> bool:
    """Until stopped; whether it could be started."""
    config.load_app()
    server = Server(config)
    with suppress(KeyboardInterrupt, SystemExit):  # which is how uvicorn says that it did not start
        server.run()
    return server.started


def tell_of_unknown_settings() -> None:
    """Once, whatever the number of workers. No reason to end a start: it may be someone else's."""
    for name, likely in unknown_settings(os.environ):
        facts = {"setting": name} | ({"did_you_mean": likely} if likely else {})
        log.warning("this setting is not known", extra=facts)
