"""`latchkey dev`: everything on one machine, with stores of its own when none are given."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import click

from app.adapters.postgres import current_revision, newest_revision
from app.commands.serve import run, stores_or_exit
from app.commands.settings import is_given, listening, port_or_exit, settings_or_exit
from app.commands.stores import STORES, default_to_development, outages_reported, own_stores
from app.settings import Settings

SOURCE = Path(__file__).parents[1]


@click.command()
@listening
def dev() -> None:
    """Serve on this machine: starts what is missing, migrates, seeds, reloads on change."""
    os.environ.setdefault("LOG_FORMAT", "console")
    default_to_development()
    named = is_given("DATABASE_URL")
    with own_stores():
        settings = settings_or_exit(*STORES)
        port_or_exit(settings)
        stores_or_exit(settings)
        with outages_reported():
            _prepare(settings, named=named)
        _print_urls(settings)
        # As an exception, so that the stores are left in order.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        reload_dirs = [str(SOURCE)] if settings.workers == 1 else None
        run(settings, "app.dev.app:create_reloading_app", reload_dirs=reload_dirs)


def _prepare(settings: Settings, *, named: bool) -> None:
    """In processes of their own: what they import is not needed again, and takes its time. A
    database that was named is someone's: nobody with a published password is added to it.
    """
    if asyncio.run(current_revision(settings.database_url)) == newest_revision():
        return
    for command in (["migrate"],) if named else (["migrate"], ["seed", "--yes"]):
        if subprocess.run([sys.executable, "-m", "app.cli", *command]).returncode:
            sys.exit(1)  # it has said why


def _print_urls(settings: Settings) -> None:
    here = f"http://{settings.host}:{settings.port}"
    pages = {"Site": "/", "Outbox": "/dev/outbox", "Gallery": "/dev/gallery", "Health": "/health"}
    pages |= {"API": "/api/docs", "OpenAPI": "/api/openapi.json"}
    for name, path in pages.items():
        click.echo(f"  {name:8}{here}{path}")
