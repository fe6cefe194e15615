"""`latchkey sessions`: ending those of everybody, or of one person."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from app.commands.arguments import read_moment
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.person import end_sessions_of
from app.commands.stores import ask_database, open_memory, with_database
from app.domain.operations.session_ends import EndedSessions, end_sessions, keep_sessions
from app.domain.ports import Database
from app.domain.restores import notice_restore
from app.settings import Settings


@click.group()
def sessions() -> None:
    """Who is signed in."""


@sessions.command("end")
@click.option("--all", "everybody", is_flag=True, help="Those of everybody.")
@click.option("--before", help="Those opened before then, such as 2026-11-30T12:00Z.")
@click.option("--person", help="Those of this number, address or id of an account.")
@YES
@JSON
@named
def end(
    *, everybody: bool, before: str | None, person: str | None, yes: bool, as_json: bool
) -> None:
    """End sessions. Every server refuses them, and their access tokens, within a second."""
    if [everybody, before is not None, person is not None].count(True) != 1:
        raise click.UsageError("Say which: --all, --before or --person.")
    at = _past(before) if before else None
    if person:
        result = end_sessions_of(person, yes=yes)
    else:
        whose = f"opened before {before}" if before else "of everybody"
        result = _end_of_many(f"This ends all sessions {whose}", at, yes=yes)
    click.echo(json.dumps(result) if as_json else f"Sessions ended: {result['sessions']}.")


@sessions.command("keep")
@click.option("--reason", required=True, help="For the record.")
@YES
@JSON
@named
def keep(*, reason: str, yes: bool, as_json: bool) -> None:
    """Keep the sessions that a restored backup has brought back, and warn of it no more."""
    with with_database() as settings:
        what = "This keeps sessions that had ended since the backup was made, maybe a thief's."
        ask_first(what, "Keep them?", yes=yes)
        if not ask_database(settings, lambda database: _keep(settings, database, reason)):
            raise click.ClickException("No restored backup was noticed.")
    click.echo(json.dumps({"kept": True}) if as_json else "Kept. Nobody is warned any more.")


def _end_of_many(what: str, before: datetime | None, *, yes: bool) -> dict[str, Any]:
    with with_database() as settings:
        ask_first(f"{what}: their people have to sign in again.", "End them?", yes=yes)
        ended = ask_database(settings, lambda database: _end(settings, database, before))
    before_utc = ended.before.astimezone(UTC).isoformat()
    return {"sessions": ended.count, "before": before_utc, "settles_restore": ended.settles}


async def _end(settings: Settings, database: Database, before: datetime | None) -> EndedSessions:
    await _notice(settings, database)
    return await end_sessions(database, before)


async def _keep(settings: Settings, database: Database, reason: str) -> bool:
    await _notice(settings, database)
    return await keep_sessions(database, reason)


async def _notice(settings: Settings, database: Database) -> None:
    """A restore that no server has noticed yet: otherwise the first one would warn of it later."""
    async with open_memory(settings) as memory:
        if memory:
            await notice_restore(database, memory)


def _past(given: str) -> datetime:
    at = read_moment(given, "--before")
    if at > datetime.now(UTC):
        raise click.BadParameter("That is a time to come.", param_hint="--before")
    return at
