"""`latchkey migrate`: to the newest schema."""

import click

from app.adapters.migrations import upgrade
from app.commands.settings import settings_or_exit


@click.command()
def migrate() -> None:
    """Bring the database to the newest schema; safe when several start at once."""
    settings = settings_or_exit("DATABASE_URL")
    click.echo(f"The database is at {upgrade(settings.database_url)}.")
