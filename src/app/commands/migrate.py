"""`latchkey migrate`: to the newest schema."""

import click

from app.adapters.migrations import upgrade
from app.commands.stores import with_database


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe when several start at once."""
    with with_database() as settings:
        click.echo(f"The database is at {upgrade(settings.database_url)}.")
