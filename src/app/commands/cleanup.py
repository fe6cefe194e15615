"""`latchkey cleanup`: removes what has expired."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.settings import settings_or_exit
from app.domain.cleanup import clean_up


@click.command()
def cleanup() -> None:
    """Remove what has expired and say how much it was; to be run daily."""
    settings = settings_or_exit("DATABASE_URL")
    for table, count in asyncio.run(_cleanup(Postgres(settings.database_url))).items():
        click.echo(f"{table}: {count} removed")


async def _cleanup(database: Postgres) -> dict[str, int]:
    await database.open()
    try:
        return await clean_up(database)
    finally:
        await database.close()
