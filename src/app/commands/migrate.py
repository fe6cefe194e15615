"""`latchkey migrate`: to the newest schema."""

import click

from app.adapters.migrations import NewerSchema, upgrade
from app.commands.stores import ask_database, with_database
from app.domain.cleanup import keep_partitions

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
            # Where no server has made the next months for long, as after a restore.
            ask_database(settings, keep_partitions)
        except NewerSchema as newer:
            click.echo(NEWER.format(newer), err=True)
