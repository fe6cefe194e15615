"""`latchkey person`: what an operator does for one person."""

import asyncio
import json
import sys

import click

from app.adapters.postgres import Postgres
from app.commands.contacts import canonical_contact
from app.commands.stores import with_database
from app.domain.account.unlock import Unlocked, unlock
from app.domain.identity.users import Subjects
from app.settings import Settings

NOT_FOUND = 1


@click.group()
def person() -> None:
    """What is done for one person."""


@person.command("unlock")
@click.argument("contact")
@click.option("--json", "as_json", is_flag=True, help="Say it as one JSON object.")
def unlock_person(contact: str, as_json: bool) -> None:
    """Forget the wrong codes and passwords for CONTACT, a phone number or e-mail address, and for
    the account that has it.
    """
    with with_database("SECRET_KEY") as settings:
        canonical = canonical_contact(contact, settings.sms_regions)
        unlocked = asyncio.run(_unlocked(settings, canonical))
    known = unlocked.user_id is not None
    if as_json:
        result = {"account": known, "codes": unlocked.codes, "passwords": unlocked.passwords}
        click.echo(json.dumps(result))
    else:
        click.echo(_result_text(unlocked))
    if not (known or unlocked.codes or unlocked.passwords):
        sys.exit(NOT_FOUND)


def _result_text(unlocked: Unlocked) -> str:
    if unlocked.codes or unlocked.passwords:
        return (
            f"Unlocked: {unlocked.codes} wrong codes and {unlocked.passwords} wrong passwords"
            " count no more."
        )
    if unlocked.user_id:
        return "Nothing was locked: no wrong code or password counts for this account."
    return "Not found: nobody has this contact, and no wrong code or password counts for it."


async def _unlocked(settings: Settings, contact: str) -> Unlocked:
    database = Postgres.from_settings(settings)
    await database.open()
    try:
        return await unlock(database, Subjects(settings.secret_key), contact)
    finally:
        await database.close()
