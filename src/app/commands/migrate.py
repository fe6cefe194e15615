"""`latchkey migrate`: to the newest schema."""

import click

from app.adapters.concurrent_indexes import TURN
from app.adapters.migrations import NewerSchema, TurnNotGiven, upgrade
from app.commands.stores import ask_database, with_database
from app.domain.cleanup import keep_partitions

NEWER = (
    "The database is at {}, which a later version has brought. It was left as it is: servers of "
    "this version run on it."
)
BUSY = (
    "Another migration has gone on for {:.0f} s, so this one has changed nothing. Look whether it "
    "still runs (pg_stat_activity; its turn is the advisory lock {}), end it if it hangs, and run "
    "this again."
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
        except TurnNotGiven as busy:
            raise click.ClickException(BUSY.format(busy.args[0], TURN)) from busy
        except NewerSchema as newer:
            click.echo(NEWER.format(newer), err=True)
