"""`latchkey keys`: the keys that sign access tokens."""

import asyncio

import click

from app.adapters.postgres import Postgres
from app.commands.stores import with_database
from app.domain.keys import keys_for
from app.domain.sessions.signing_keys import SigningKeys


@click.group()
def keys() -> None:
    """The keys that sign access tokens."""


@keys.command()
def rotate() -> None:
    """Add a key, which signs a minute later; tokens of the others stay good until they end."""
    with with_database("SECRET_KEY") as settings:
        seals = keys_for("signing keys", settings.secret_key)
        added = asyncio.run(_rotated(seals, Postgres.from_settings(settings)))
    click.echo(f"Signing key added: {added}. It signs in a minute; older tokens stay good.")


async def _rotated(seals: tuple[bytes, ...], database: Postgres) -> str:
    await database.open()
    try:
        return await SigningKeys(seals, database).rotate_keys()
    finally:
        await database.close()
