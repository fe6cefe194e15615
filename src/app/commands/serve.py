"""`latchkey serve`: the production server."""

import signal

import click
import uvicorn

from app.commands.settings import listening, port_or_exit, settings_or_exit
from app.settings import Settings

DRAIN = 20  # seconds a stop waits for requests that are being answered


@click.command()
@listening
def serve() -> None:
    """Serve. Refuses unsafe or missing settings, all of them at once."""
    settings = settings_or_exit("DATABASE_URL", "REDIS_URL")
    port_or_exit(settings)
    run(settings, "app.main:create_app")


def run(settings: Settings, factory: str, *, reload_dirs: list[str] | None = None) -> None:
    """Until stopped. SIGTERM finishes what is under way and exits with 0; `web/draining.py` comes
    first.
    """
    # uvicorn raises the signal again when it is done; this is where it then ends.
    signal.signal(signal.SIGTERM, lambda *_: None)
    uvicorn.run(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        reload=reload_dirs is not None,
        reload_dirs=reload_dirs,
        loop="uvloop",
        # By name: the process that only watches the others imports none of it.
        http="app.web.unreadable:Protocol",
        lifespan="on",
        # We read X-Forwarded-For ourselves, and only behind TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=DRAIN,
    )
