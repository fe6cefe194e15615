"""`latchkey migrate`: to the newest schema."""

import asyncio

import click

from app.adapters.migrations import NewerSchema, upgrade
from app.adapters.postgres import Postgres
from app.commands.stores import with_database
from app.domain.partitions import keep_partitions
from app.settings import Settings

NEWER = (
    "The database is at {}, which a later version has brought. It was left as it is: servers of "
    "this version run on it."
)


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe when several start at once. One that a later
    version has brought is left as it is, which is fine: servers wait for this command to succeed.
    """
    with with_database() as settings:
        try:
            click.echo(f"The database is at {upgrade(settings.database_url)}.")
            asyncio.run(_keep_partitions(settings))
        except NewerSchema as newer:
            click.echo(NEWER.format(newer), err=True)


async def _keep_partitions(settings: Settings) -> None:
    """Where no server has made the next months for long, as after a restore."""
    database = Postgres.from_settings(settings, size=1)
    await database.open()
    try:
        await keep_partitions(database)
    finally:
        await database.close()
