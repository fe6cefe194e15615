"""`latchkey seed`: prices, and a person to try the product with."""

import asyncio
import secrets

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


async def add_demo_person(
    database: Database, passwords: PasswordHashing, password: str = PASSWORD
) -> int:
    """How many were added: 1, or 0 when it was there."""
    async with database.connection() as connection:
        if await connection.fetchval(*sql.is_known(phone=PHONE, email=EMAIL)):
            return 0
    hashed = await passwords.hash_password(password)
    person = sql.add_person(id=uuid7(), phone=PHONE, email=EMAIL, password_hash=hashed)
    async with database.connection() as connection:
        return int((await connection.execute(*person)).split()[-1])


# `latchkey seed`: data to try the product with.


@click.command()
@YES
def seed(*, yes: bool) -> None:
    """Add prices, where there are none, and a demo person."""
    named = is_given("DATABASE_URL")
    with with_database() as settings:
        if named:
            _ask(settings.environment, yes=yes)
        is_production = settings.environment == "production"
        password = secrets.token_urlsafe(12) if is_production else PASSWORD  # that one is published
        people, prices = asyncio.run(_seed(Postgres.from_settings(settings), password))
    known = f"password: {password}" if people or not is_production else "who was there"
    click.echo(f"Demo people added: {people} ({EMAIL}, {known})")
    click.echo(f"Price versions added: {prices}")


def _ask(environment: str, *, yes: bool) -> None:
    """Whether that database is meant."""
    warning = f"DATABASE_URL is given (ENVIRONMENT={environment})."
    ask_first(warning, "Add prices and a demo person to it?", yes=yes)


async def _seed(database: Postgres, password: str) -> tuple[int, int]:
    """How many people and versions of prices were added."""
    await database.open()
    passwords = PasswordHashing()
    try:
        people = await add_demo_person(database, passwords, password)
        return people, await publish_first(database)
    finally:
        passwords.close()
        await database.close()
