"""`latchkey keys`: the keys that sign access tokens."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import click

from app.commands.asking import JSON, YES, ask_first, named
from app.commands.stores import ask_database, with_database
from app.domain.ports import Database
from app.domain.processes import list_lacking, order_secret_keys
from app.domain.sessions.signing_keys import KNOWN_AFTER, KeyState, ListedKey, SigningKeys
from app.settings import Settings

NOT_FOUND = 1
WORDS = {
    KeyState.SIGNS: "signs",
    KeyState.SIGNS_SOON: "signs from {soon} UTC on",
    KeyState.VERIFIES: "verifies older tokens",
    KeyState.UNREADABLE: "unreadable: SECRET_KEY no longer holds what sealed it",
}
T = TypeVar("T")


@click.group()
def keys() -> None:
    """The keys that sign access tokens."""


@keys.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List the keys, the oldest first, and what each does."""
    with with_database("SECRET_KEY") as settings:
        found = _ask(settings, SigningKeys.list_keys)
    if as_json:
        click.echo(json.dumps([_plain(each) for each in found]))
        return
    click.echo("\n".join(_lines(found)) or "There is no key yet: the first server makes one.")


@keys.command()
@YES
@JSON
@named
def rotate(yes: bool, as_json: bool) -> None:
    """Add a key, which signs a minute later; tokens of the others stay good until they end."""
    what = "This adds a key, which signs in a minute. Older tokens stay good until they end."
    with with_database("SECRET_KEY") as settings:
        ask_first(what, "Add it?", yes=yes)
        added = _change(settings, SigningKeys.rotate_keys)
    text = f"Signing key added: {added}. It signs in a minute; older tokens stay good."
    click.echo(json.dumps({"added": added}) if as_json else text)


@keys.command()
@click.argument("key_id", metavar="KID")
@YES
@JSON
@named
def revoke(key_id: str, yes: bool, as_json: bool) -> None:
    """Remove the key KID, whose tokens are refused within a second. Sessions go on."""
    what = f"This removes the key {key_id}. Servers refuse its tokens within a second."
    with with_database("SECRET_KEY") as settings:
        if key_id not in [each.id for each in _ask(settings, SigningKeys.list_keys)]:
            _end_not_found(key_id)
        ask_first(what, "Remove it?", yes=yes)
        signing = _change(settings, lambda keys: keys.revoke_key(key_id))
    if signing is None:
        _end_not_found(key_id)
    else:
        text = f"Signing key revoked: {key_id}. Signing now: {signing.id}."
        click.echo(json.dumps({"revoked": key_id, "signs": signing.id}) if as_json else text)


def _end_not_found(key_id: str) -> None:
    click.echo(f"Not found: there is no key {key_id}. See latchkey keys list.", err=True)
    sys.exit(NOT_FOUND)


def _change(settings: Settings, ask: Callable[[SigningKeys], Awaitable[T]]) -> T:
    """Not by a `SECRET_KEY` whose seal a running server could not open."""
    return _ask(settings, ask, seals=True)


def _ask(
    settings: Settings, ask: Callable[[SigningKeys], Awaitable[T]], *, seals: bool = False
) -> T:
    """With what is sealed by a key that all servers know."""

    async def asked(database: Database) -> T:
        secrets = await order_secret_keys(database, settings.secret_key)
        if seals and (lacking := await list_lacking(database, secrets.signs_by)):
            raise click.ClickException(
                f"Nothing was changed, as {', '.join(lacking)} could not read a key that this"
                " SECRET_KEY seals: run it with the one of the servers."
            )
        return await ask(SigningKeys(secrets.derive("signing keys"), database))

    return ask_database(settings, asked)


def _lines(found: Iterable[ListedKey]) -> Iterable[str]:
    for each in found:
        created, soon = (_moment(at) for at in (each.created_at, each.created_at + KNOWN_AFTER))
        yield f"{each.id}  made {created} UTC  {WORDS[each.state].format(soon=soon)}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _plain(key: ListedKey) -> dict[str, Any]:
    return {"id": key.id, "created_at": key.created_at.isoformat(), "state": key.state}
