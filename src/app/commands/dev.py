"""`latchkey dev`: everything on one machine, with stores of its own when none are given."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import click

from app.adapters.schema import current_revision, newest_revision
from app.commands.serve import run
from app.commands.settings import listening, port_or_exit, settings_or_exit
from app.commands.stores import STORES, own_stores
from app.settings import Settings

SOURCE = Path(__file__).parents[1]


@click.command()
@listening
def dev() -> None:
    """Serve on this machine: starts what is missing, migrates, seeds, reloads on change."""
    os.environ.setdefault("LOG_FORMAT", "console")
    with own_stores():
        settings = settings_or_exit(*STORES)
        port_or_exit(settings)
        _prepare(settings)
        _tell(settings)
        reload_dirs = [str(SOURCE)] if settings.workers == 1 else None
        run(settings, "app.commands.dev_app:create_app", reload_dirs=reload_dirs)


def _prepare(settings: Settings) -> None:
    """In processes of their own: what they import is not needed again, and takes its time."""
    if asyncio.run(current_revision(settings.database_url)) == newest_revision():
        return
    for command in ("migrate", "seed"):
        subprocess.run([sys.executable, "-m", "app.cli", command], check=True)


def _tell(settings: Settings) -> None:
    here = f"http://{settings.host}:{settings.port}"
    for name, path in (("Site", "/"), ("Outbox", "/dev/outbox"), ("Health", "/health")):
        click.echo(f"  {name:8}{here}{path}")
