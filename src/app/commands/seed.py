"""`latchkey seed`: data to try the product with."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.settings import settings_or_exit
from app.domain.identity import demo
from app.domain.identity.passwords import Passwords


@click.command()
@click.option("--yes", is_flag=True, help="Also in production.")
def seed(*, yes: bool) -> None:
    """Add a demo person, if there is none."""
    settings = settings_or_exit("DATABASE_URL")
    if settings.production and not yes:
        raise click.ClickException("This is production. Add --yes if you mean it.")
    added = asyncio.run(_seed(Postgres(settings.database_url)))
    click.echo(f"Demo people added: {added} ({demo.EMAIL}, password: {demo.PASSWORD})")


async def _seed(database: Postgres) -> int:
    await database.open()
    passwords = Passwords()
    try:
        return await demo.add_demo_person(database, passwords)
    finally:
        passwords.close()
        await database.close()
