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
from app.settings import Settings

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
    """Add a demo person and prices, where there are none."""
    named = is_given("DATABASE_URL")
    with with_database() as settings:
        if named:
            _ask(settings, yes=yes)
        people, prices = asyncio.run(_seed(Postgres.from_settings(settings)))
    click.echo(f"Demo people added: {people} ({EMAIL}, password: {PASSWORD})")
    click.echo(f"Price versions added: {prices}")


def _ask(settings: Settings, *, yes: bool) -> None:
    """Whether that database is meant: the demo person's password is known to everybody."""
    warning = f"DATABASE_URL is given (ENVIRONMENT={settings.environment})."
    ask_first(warning, "Add a person with a published password to it?", yes=yes)


async def _seed(database: Postgres) -> tuple[int, int]:
    await database.open()
    passwords = PasswordHashing()
    try:
        people = await add_demo_person(database, passwords)
        return people, await publish_first(database)
    finally:
        passwords.close()
        await database.close()
