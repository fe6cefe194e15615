"""The stores of a developer's machine: PostgreSQL and Redis of our own where none are named."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import click

from app.adapters.postgres import Postgres
from app.adapters.redis import Redis
from app.commands.settings import is_given, settings_or_exit
from app.dev.stores import are_running, embedded_stores
from app.dev.stores.files import StoresNotStarted
from app.domain.errors import Unavailable
from app.domain.ports import Database
from app.settings import Settings

DATA = Path(".latchkey")
T = TypeVar("T")
STORES = ("DATABASE_URL", "REDIS_URL")


@contextmanager
def own_stores() -> Iterator[None]:
    """For as long as we run; those of a `latchkey dev` beside us are shared. The environment names
    them, as it would name others.
    """
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


def is_beside_dev() -> bool:
    """Whether the stores of a running `latchkey dev` are meant, as nothing else is named."""
    production = os.environ.get("ENVIRONMENT", "").strip() == "production"
    return not (production or is_given("DATABASE_URL")) and are_running(DATA)


def default_to_development() -> None:
    """Every other command is production unless the environment says otherwise."""
    if not is_given("ENVIRONMENT"):
        os.environ["ENVIRONMENT"] = "development"


@contextmanager
def with_database(*needed: str) -> Iterator[Settings]:
    """The settings of a command that asks the database: the one that is named or, as development,
    that of the `latchkey dev` that runs here. `needed` is what else it cannot do without.
    """
    beside_dev = is_beside_dev()
    if beside_dev:
        default_to_development()
    with own_stores() if beside_dev else nullcontext():
        settings = settings_or_exit("DATABASE_URL", needed=needed)
        with outages_reported():
            yield settings


def ask_database(settings: Settings, ask: Callable[[Database], Awaitable[T]], **options: Any) -> T:
    """What it answers, over a pool that lives no longer than that. `options` are of `Postgres`."""
    return asyncio.run(_ask(Postgres.from_settings(settings, **options), ask))


async def _ask(database: Postgres, ask: Callable[[Database], Awaitable[T]]) -> T:
    await database.open()
    try:
        return await ask(database)
    finally:
        await database.close()


@asynccontextmanager
async def open_memory(settings: Settings) -> AsyncIterator[Redis | None]:
    """None where `REDIS_URL` is not given."""
    if not settings.redis_url:
        yield None
        return
    memory = Redis(settings.redis_url, settings.redis_prefix)
    try:
        yield memory
    finally:
        await memory.close()


@contextmanager
def outages_reported() -> Iterator[None]:
    """Why the database cannot be used, in one sentence and without a traceback."""
    try:
        yield
    except Unavailable as error:
        text = f"PostgreSQL at DATABASE_URL cannot be used: {error.reason or 'it did not answer'}."
        raise click.ClickException(text) from error
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError) as error:
        raise click.ClickException("There are no tables yet: run latchkey migrate.") from error
