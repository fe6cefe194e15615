"""`latchkey seed`: prices, and a person to try the product with."""

import asyncio

import click
from uuid_utils.compat import uuid7

from app.adapters.postgres import Postgres
from app.commands.asking import YES, ask_first
from app.commands.settings import is_given
from app.commands.stores import with_database
from app.domain.identity.hashing import PasswordHashing
from app.domain.ports import Database
from app.domain.pricing.versions import publish_first
from app.domain.sql import load_queries

# The number is from the range Sweden keeps for films and books.
PHONE, EMAIL, PASSWORD = "+46701740699", "demo@example.org", "a quiet door opens"

sql = load_queries(__file__, "seed.sql")


async def add_demo_person(database: Database, passwords: PasswordHashing) -> int:
    """How many were added: 1, or 0 when it was there."""
    async with database.connection() as connection:
        if await connection.fetchval(*sql.is_known(phone=PHONE, email=EMAIL)):
            return 0
    hashed = await passwords.hash_password(PASSWORD)
    person = sql.add_person(id=uuid7(), phone=PHONE, email=EMAIL, password_hash=hashed)
    async with database.connection() as connection:
        return int((await connection.execute(*person)).split()[-1])


# `latchkey seed`: data to try the product with.


@click.command()
@YES
def seed(*, yes: bool) -> None:
    """Add prices, where there are none, and a demo person, but never in production."""
    named = is_given("DATABASE_URL")
    with with_database() as settings:
        is_production = settings.environment == "production"
        if named:
            _ask(settings.environment, yes=yes)
        database = Postgres.from_settings(settings)
        people, prices = asyncio.run(_seed(database, with_person=not is_production))
    if is_production:
        click.echo("Demo people added: none in production, as the password is published.")
    else:
        click.echo(f"Demo people added: {people} ({EMAIL}, password: {PASSWORD})")
    click.echo(f"Price versions added: {prices}")


def _ask(environment: str, *, yes: bool) -> None:
    """Whether that database is meant: the demo person's password is known to everybody."""
    what = "prices" if environment == "production" else "a person with a published password"
    warning = f"DATABASE_URL is given (ENVIRONMENT={environment})."
    ask_first(warning, f"Add {what} to it?", yes=yes)


async def _seed(database: Postgres, *, with_person: bool) -> tuple[int, int]:
    """How many people and versions of prices were added."""
    await database.open()
    passwords = PasswordHashing()
    try:
        people = await add_demo_person(database, passwords) if with_person else 0
        return people, await publish_first(database)
    finally:
        passwords.close()
        await database.close()
