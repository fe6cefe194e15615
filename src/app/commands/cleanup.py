"""`latchkey cleanup`: removes what has expired."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.stores import with_database
from app.domain.cleanup import clean_up
from app.domain.partitions import Partitions, keep_partitions

PATIENCE = 3600.0  # seconds; nobody waits for it, and the first time there may be a lot


@click.command()
def cleanup() -> None:
    """Remove what has expired and say how much it was; servers do so each hour themselves."""
    with with_database() as settings:
        database = Postgres.from_settings(settings, patience=PATIENCE)
        months, removed = asyncio.run(_cleanup(database))
    for made in months.made:
        click.echo(f"{made}: made")
    for dropped in months.dropped:
        click.echo(f"{dropped}: dropped")
    for table, count in removed.items():
        click.echo(f"{table}: {count} removed")


async def _cleanup(database: Postgres) -> tuple[Partitions, dict[str, int]]:
    await database.open()
    try:
        return await keep_partitions(database), await clean_up(database)
    finally:
        await database.close()
