"""`latchkey cleanup`: removes what has expired."""

import click

from app.commands.stores import ask_database, with_database
from app.domain.cleanup import Partitions, clean_up, keep_partitions
from app.domain.ports import Database

PATIENCE = 3600.0  # seconds; nobody waits for it, and the first time there may be a lot


@click.command()
def cleanup() -> None:
    """Remove what has expired and say how much it was; servers do so each hour themselves."""
    with with_database() as settings:
        months, removed = ask_database(settings, _clean_up, patience=PATIENCE)
    for made in months.made:
        click.echo(f"{made}: made")
    for dropped in months.dropped:
        click.echo(f"{dropped}: dropped")
    for table, count in removed.items():
        click.echo(f"{table}: {count} removed")


async def _clean_up(database: Database) -> tuple[Partitions, dict[str, int]]:
    return await keep_partitions(database), await clean_up(database)
