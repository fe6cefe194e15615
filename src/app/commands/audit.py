"""`latchkey audit`: the audit trail, to read or to keep elsewhere."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

import click

from app.commands.arguments import named_person, read_moment
from app.commands.asking import named
from app.commands.stores import ask_database, with_database
from app.domain.audit import AuditEvent
from app.domain.operations.people import find_user_id
from app.domain.operations.trail import RecordedEvent, Trail, read_trail
from app.domain.ports import Database

FAILED = 1


@click.command()
@click.option("--person", help="Only of this number, address or id of an account.")
@click.option("--event", help="Only those of this name, such as session:opened.")
@click.option("--since", help="Only since then, such as 2026-11-30T12:00Z.")
@click.option("--most", type=click.IntRange(1, 1_000_000), default=100, show_default=True,
              help="How many at most, the newest ones.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Say each as a JSON object on its line.")
@named
def audit(
    person: str | None, event: str | None, since: str | None, most: int, *, as_json: bool
) -> None:
    """Print what is on record, the oldest first. docs/audit.md says what each event means."""
    name, at = _event(event), read_moment(since, "--since") if since else None
    with with_database() as settings:
        who = named_person(person, settings.sms_regions) if person else None
        trail = ask_database(settings, lambda database: _read(database, who, name, at, most))
    for each in trail.events:
        click.echo(json.dumps(_plain(each)) if as_json else event_words(each))
    if trail.has_more:
        click.echo(f"There are more than {most}: ask for --most, or --since a time.", err=True)
    if not trail.events:
        click.echo("There is no such event.", err=True)
        sys.exit(FAILED)


def _event(given: str | None) -> AuditEvent | None:
    try:
        return AuditEvent(given) if given else None
    except ValueError as error:
        what = f"There is no event {given}. docs/audit.md lists them."
        raise click.BadParameter(what, param_hint="--event") from error


async def _read(
    database: Database,
    who: UUID | str | None,
    event: AuditEvent | None,
    since: datetime | None,
    most: int,
) -> Trail:
    user_id = await find_user_id(database, who) if isinstance(who, str) else who
    if who and not user_id:
        raise click.ClickException("Not found: nobody has this contact.")
    return await read_trail(database, user_id=user_id, event=event, since=since, most=most)


def event_words(each: RecordedEvent) -> str:
    facts = {"person": each.user_id, "from": each.network, "request": each.request_id}
    known = {
        name: value for name, value in (facts | each.details).items() if value not in (None, "")
    }
    written = "".join(f" {name}={_quoted(str(value))}" for name, value in known.items())
    return f"{each.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} {each.event}{written}"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False) if " " in value or '"' in value else value


def _plain(each: RecordedEvent) -> dict[str, object]:
    times = {"at": each.at.astimezone(UTC).isoformat()}
    person = {"user_id": str(each.user_id) if each.user_id else None}
    return asdict(each) | times | person
