"""`latchkey dev`: everything on one machine, with stores of its own when none are given."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.adapters.embedded.failure import StoresNotStarted
from app.adapters.embedded.stores import embedded_stores
from app.adapters.schema import current_revision, newest_revision
from app.commands.serve import run
from app.commands.settings import is_given, listening, port_or_exit, settings_or_exit
from app.settings import Settings

DATA = Path(".latchkey")
STORES = ("DATABASE_URL", "REDIS_URL")
SOURCE = Path(__file__).parents[1]


@click.command()
@listening
def dev() -> None:
    """Serve on this machine: starts what is missing, migrates, seeds, reloads on change."""
    os.environ.setdefault("LOG_FORMAT", "console")
    with _stores():
        settings = settings_or_exit(*STORES)
        port_or_exit(settings)
        _prepare(settings)
        _tell(settings)
        reload_dirs = [str(SOURCE)] if settings.workers == 1 else None
        run(settings, "app.commands.dev_app:create_app", reload_dirs=reload_dirs)


@contextmanager
def _stores() -> Iterator[None]:
    """PostgreSQL and Redis where the environment names none, for as long as we run."""
    missing = [name for name in STORES if not is_given(name)]
    if not missing:
        yield
        return
    try:
        with embedded_stores(DATA) as urls:
            os.environ.update({name: getattr(urls, name.lower()) for name in missing})
            yield
    except StoresNotStarted as error:
        raise click.ClickException(str(error)) from error


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
