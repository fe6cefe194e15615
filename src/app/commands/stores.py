"""The stores of a developer's machine: PostgreSQL and Redis of our own where none are named."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from app.adapters.embedded.failure import StoresNotStarted
from app.adapters.embedded.stores import embedded_stores
from app.commands.settings import is_given, settings_or_exit
from app.domain.errors import Unavailable
from app.settings import Settings

DATA = Path(".latchkey")
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


@contextmanager
def with_database() -> Iterator[Settings]:
    """The settings of a command that asks the database: the one that is named or, on a developer's
    machine, that of the `latchkey dev` whose data is here.
    """
    named = os.environ.get("ENVIRONMENT", "") == "production" or is_given("DATABASE_URL")
    with nullcontext() if named or not DATA.exists() else own_stores():
        try:
            yield settings_or_exit("DATABASE_URL")
        except Unavailable as error:
            raise click.ClickException("PostgreSQL at DATABASE_URL did not answer.") from error
