"""`latchkey cleanup`: removes what has expired."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.stores import with_database
from app.domain.cleanup import clean_up

PATIENCE = 3600.0  # seconds; nobody waits for it, and the first time there may be a lot


@click.command()
def cleanup() -> None:
    """Remove what has expired and say how much it was; servers do so each hour themselves."""
    with with_database() as settings:
        database = Postgres.from_settings(settings, patience=PATIENCE)
        removed = asyncio.run(_cleanup(database))
    for table, count in removed.items():
        click.echo(f"{table}: {count} removed")


async def _cleanup(database: Postgres) -> dict[str, int]:
    await database.open()
    try:
        return await clean_up(database)
    finally:
        await database.close()
