"""`latchkey serve`: the production server, once what it needs was found usable."""

import asyncio
import gc
import logging
import os
import signal
import sys
from importlib import import_module
from multiprocessing import get_context

import click
import uvicorn
import uvicorn._subprocess

from app.adapters.postgres_connection import POOLED_STATEMENT as POOLED
from app.adapters.postgres_connection import is_behind_pooler
from app.adapters.redis import Redis
from app.commands.settings import listening, port_or_exit, refuse, settings_or_exit
from app.settings import Settings
from app.settings.unknown import unknown_settings
from app.web.telemetry import set_up_logging

log = logging.getLogger("app.serve")

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
    end_on_sigterm()
    settings = settings_or_exit("DATABASE_URL", "REDIS_URL")
    port_or_exit(settings)
    stores_or_exit(settings)
    # By name: what only a developer's machine has is never imported for anybody else.
    run(settings, "app.dev.app:create_app" if settings.is_local else "app.main:create_app")


def run(settings: Settings, factory: str, *, reload_dirs: list[str] | None = None) -> None:
    """Until stopped. SIGTERM finishes what is under way and exits with 0; `web/draining.py` comes
    first. What SIGTERM does before and after is the caller's to say.
    """
    set_up_logging(settings.log_level, settings.log_format)
    tell_of_unknown_settings()
    if settings.workers > 1 and reload_dirs is None and sys.platform == "linux":
        _fork_workers(factory)
    uvicorn.run(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        reload=reload_dirs is not None,
        reload_dirs=reload_dirs,
        loop="uvloop",
        # By name: with reload, the process that only watches the other imports none of it.
        http="app.web.protocol:Protocol",
        lifespan="on",
        # We read X-Forwarded-For ourselves, and only behind TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=settings.drain_seconds,
    )


def tell_of_unknown_settings() -> None:
    """Once, whatever the number of workers. No reason to end a start: it may be someone else's."""
    for name, likely in unknown_settings(os.environ):
        facts = {"setting": name} | ({"did_you_mean": likely} if likely else {})
        log.warning("this setting is not known", extra=facts)


def _fork_workers(factory: str) -> None:
    """Makes each worker a copy of this process, which imports everything once: uvicorn would have
    each of them start from nothing, now and when one has ended. What is imported is shared memory.
    """
    import_module(factory.partition(":")[0])
    gc.collect()
    gc.freeze()  # a look for garbage would write to it, and so copy it
    # A copy has the handler of the process that watches, until its server has set its own.
    os.register_at_fork(after_in_child=end_on_sigterm)
    # uvicorn offers no choice. Safe here: there is no thread yet and no open connection.
    uvicorn._subprocess.spawn = get_context("fork")  # type: ignore[assignment]


def end_on_sigterm() -> None:
    """Before the server is there, and after: uvicorn raises the signal again when it is done. No
    exception, since one that is raised within a destructor is ignored, and the signal with it.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
