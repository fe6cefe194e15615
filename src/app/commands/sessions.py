"""`latchkey sessions`: ending those of everybody, or of one person."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from app.commands.asking import ask_first, named
from app.commands.contacts import named_person
from app.commands.stores import ask_database, with_database
from app.commands.times import read_moment
from app.domain.errors import Unauthenticated
from app.domain.operations.people import FoundPerson, find_person
from app.domain.operations.person_changes import sign_out_person
from app.domain.operations.session_ends import end_sessions, keep_sessions
from app.settings import Settings

JSON = click.option("--json", "as_json", is_flag=True, help="Say it as one JSON object.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")


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
    with with_database() as settings:
        if person:
            result = _end_of_person(settings, person, yes=yes)
        else:
            whose = f"opened before {before}" if before else "of everybody"
            what = f"This ends all sessions {whose}: their people have to sign in again."
            ask_first(what, "End them?", yes=yes)
            ended = ask_database(settings, lambda database: end_sessions(database, at))
            before_utc = ended.before.astimezone(UTC).isoformat()
            result = {
                "sessions": ended.count,
                "before": before_utc,
                "settles_restore": ended.settles,
            }
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
        if not ask_database(settings, lambda database: keep_sessions(database, reason)):
            raise click.ClickException("No restored backup was noticed.")
    click.echo(json.dumps({"kept": True}) if as_json else "Kept. Nobody is warned any more.")


def _end_of_person(settings: Settings, given: str, *, yes: bool) -> dict[str, Any]:
    who = named_person(given, settings.sms_regions)
    found: FoundPerson | None = ask_database(
        settings, lambda database: find_person(database, who, is_recorded=False)
    )
    if found is None:
        raise click.ClickException("Not found: nobody has this contact or id.")
    what = f"This ends all sessions of {' and '.join(found.contacts)}."
    ask_first(what, "End them?", yes=yes)
    try:
        count = ask_database(settings, lambda database: sign_out_person(database, found.id))
    except Unauthenticated as gone:
        raise click.ClickException("The account was deleted just now.") from gone
    return {"id": str(found.id), "sessions": count}


def _past(given: str) -> datetime:
    at = read_moment(given, "--before")
    if at > datetime.now(UTC):
        raise click.BadParameter("That is a time to come.", param_hint="--before")
    return at
