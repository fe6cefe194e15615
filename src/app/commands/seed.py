"""`latchkey seed`: data to try the product with."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.stores import with_database
from app.domain.identity import demo
from app.domain.identity.hashing import Passwords
from app.domain.pricing.publishing import publish_first


@click.command()
@click.option("--yes", is_flag=True, help="Also in production.")
def seed(*, yes: bool) -> None:
    """Add a demo person and prices, where there are none."""
    with with_database() as settings:
        if settings.production and not yes:
            raise click.ClickException("This is production. Add --yes if you mean it.")
        people, prices = asyncio.run(_seed(Postgres(settings.database_url)))
    click.echo(f"Demo people added: {people} ({demo.EMAIL}, password: {demo.PASSWORD})")
    click.echo(f"Price versions added: {prices}")


async def _seed(database: Postgres) -> tuple[int, int]:
    await database.open()
    passwords = Passwords()
    try:
        people = await demo.add_demo_person(database, passwords)
        return people, await publish_first(database)
    finally:
        passwords.close()
        await database.close()
