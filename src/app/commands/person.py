"""`latchkey person`: what an operator does for one person, by number, e-mail address or id."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import click

from app.commands.arguments import build_reports, named_person
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.audit import event_words
from app.commands.stores import ask_database, with_database
from app.domain.errors import Refusal, Unauthenticated, Unavailable
from app.domain.identity.users import Subjects
from app.domain.operations.people import FoundPerson, PersonReport, find_person, show_person
from app.domain.operations.person_changes import (
    Unlocked,
    delete_person,
    export_person,
    sign_out_person,
    unlock,
)
from app.domain.operations.words import describe_unlocked
from app.domain.ports import Database
from app.domain.processes import order_secret_keys
from app.domain.support.messages import clock, headline, list_history
from app.settings import Settings


def plain(value: Any) -> Any:
    """Ready for JSON: times are ISO 8601 in UTC."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else value


def report_lines(report: PersonReport) -> list[str]:
    return [*_state(report), "", *_timeline(report)]


def _state(report: PersonReport) -> Iterator[str]:
    account = report.account
    yield f"account: {account.id}"
    yield f"number: {account.phone or 'none'}"
    yield f"address: {account.email or 'none'}"
    yield f"since: {clock(account.created_at)}, last used {clock(account.last_used_at)} UTC"
    changed = account.password_changed_at
    when = f", changed {clock(changed)}" if changed else ""
    yield f"password: {'set' if account.has_password else 'none'}{when}"
    for each in report.identities:
        yield f"linked: {each.subject} of {each.issuer}, since {clock(each.created_at)}"
    yield from _trouble(report)
    for one in report.sessions:
        used = f"since {clock(one.created_at)}, last used {clock(one.last_used_at)}"
        yield f"session: {one.id} on {one.device or 'an unknown device'} from {one.network}, {used}"
    if not report.sessions:
        yield "session: none"


def _trouble(report: PersonReport) -> Iterator[str]:
    account = report.account
    if account.phone_doubted_at:
        since = clock(account.phone_doubted_at)
        yield f"number in doubt since {since}: it opens the account with the address only"
    if account.email_bounced_at:
        count = f"{account.email_bounces} for good"
        yield f"mail to the address came back: {clock(account.email_bounced_at)}, {count}"
    for contact, locks in report.locks.items():
        if locks.any:
            waits = f"codes for {locks.code_wait} s, passwords for {locks.password_wait} s"
            yield f"locked for strangers: {contact}, {waits}"
    for each in report.waiting:
        what = f"{each.kind} {each.value}" if each.value else each.kind
        yield f"waits: {what}, asked {clock(each.asked_at)}, due {clock(each.due_at)}"


def _timeline(report: PersonReport) -> list[str]:
    """What is on record, what was sent, and which contacts changed: the oldest first."""
    dated = [(each.at, [event_words(each)]) for each in report.events]
    for message in report.messages:
        lines = [f"{clock(message.created_at)} {headline(message)}, to {message.destination}"]
        lines += [f"  {clock(at)} {what}" for at, what in list_history(message)]
        dated.append((message.created_at, lines))
    for change in report.changes:
        was = f"{change.kind} from {change.old_value or 'none'} to {change.new_value}"
        undone = f", undone {clock(change.undone_at)}" if change.undone_at else ""
        dated.append((change.changed_at, [f"{clock(change.changed_at)} {was}{undone}"]))
    return [line for _, lines in sorted(dated, key=lambda one: one[0]) for line in lines]


NOT_FOUND = 1
NOBODY = "Not found: nobody has this contact or id."
T = TypeVar("T")
CONTACT = click.argument("contact")


@click.group()
def person() -> None:
    """What is done for one person. CONTACT is a phone number, an e-mail address or an id."""


@person.command("find")
@CONTACT
@JSON
@named
def find(contact: str, as_json: bool) -> None:
    """Say whose CONTACT it is."""
    with with_database() as settings:
        who = named_person(contact, settings.sms_regions)
        found = ask_database(settings, lambda database: find_person(database, who))
    if found is None:
        raise click.ClickException(NOBODY)
    click.echo(json.dumps(plain(found)) if as_json else _person_line(found))


@person.command("show")
@CONTACT
@click.option("--most", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many events and messages at most, the newest ones.")  # fmt: skip
@JSON
@named
def show(contact: str, most: int, as_json: bool) -> None:
    """Show the state of an account, its sessions, and what happened to it, in order."""
    with with_database("SECRET_KEY") as settings:
        who = named_person(contact, settings.sms_regions)
        report = ask_database(settings, lambda database: _show(settings, database, who, most))
    if report is None:
        raise click.ClickException(NOBODY)
    click.echo(json.dumps(plain(report)) if as_json else "\n".join(report_lines(report)))


@person.command("unlock")
@CONTACT
@YES
@JSON
@named
def unlock_person(contact: str, yes: bool, as_json: bool) -> None:
    """Forget the wrong codes and passwords for CONTACT, and for the account that has it."""
    with with_database("SECRET_KEY") as settings:
        who = named_person(contact, settings.sms_regions)
        if isinstance(who, UUID):
            who = _required(settings, who).contacts[0]
        what = f"This forgets the wrong codes and passwords for {who} and its account."
        ask_first(what, "Forget them?", yes=yes)
        unlocked = ask_database(settings, lambda database: _unlock(settings, database, who))
    known = unlocked.user_id is not None
    if as_json:
        result = {"account": known, "codes": unlocked.codes, "passwords": unlocked.passwords}
        click.echo(json.dumps(result))
    else:
        click.echo(describe_unlocked(unlocked))
    if not (known or unlocked.codes or unlocked.passwords):
        sys.exit(NOT_FOUND)


@person.command("sign-out")
@CONTACT
@YES
@JSON
@named
def sign_out(contact: str, yes: bool, as_json: bool) -> None:
    """End all sessions of a person at once."""
    result = end_sessions_of(contact, yes=yes)
    click.echo(
        json.dumps(result) if as_json else f"Signed out: sessions ended: {result['sessions']}."
    )


@person.command("export")
@CONTACT
@JSON
@named
def export(contact: str, as_json: bool) -> None:
    """Print all that is held of a person, as they can download it themselves: always JSON."""
    with _person(contact) as (settings, found):
        data = _done(settings, lambda database: export_person(database, found.id))
    click.echo(json.dumps(data, indent=None if as_json else 2, ensure_ascii=False))


@person.command("delete")
@CONTACT
@YES
@JSON
@named
def delete(contact: str, yes: bool, as_json: bool) -> None:
    """Delete an account for its owner, as they can themselves: nothing brings it back."""
    with _person(contact) as (settings, found):
        what = f"This deletes the account of {_called(found)} and all that is held of it, for good."
        ask_first(what, "Delete it?", yes=yes)
        _done(settings, lambda database: delete_person(database, found.id))
    result = {"id": str(found.id), "state": "deleted"}
    click.echo(json.dumps(result) if as_json else f"Deleted: {found.id}. They are told.")


def end_sessions_of(contact: str, *, yes: bool) -> dict[str, Any]:
    """Asks first. Whose they were, and how many."""
    with _person(contact) as (settings, found):
        ask_first(f"This signs out {_called(found)} everywhere.", "Sign them out?", yes=yes)
        count = _done(settings, lambda database: sign_out_person(database, found.id))
    return {"id": str(found.id), "sessions": count}


# Who is meant.


@contextmanager
def _person(contact: str) -> Iterator[tuple[Settings, FoundPerson]]:
    """The command ends with 1 where there is none."""
    with with_database() as settings:
        yield settings, _required(settings, named_person(contact, settings.sms_regions))


def _required(settings: Settings, who: UUID | str) -> FoundPerson:
    found = ask_database(settings, lambda database: find_person(database, who, is_recorded=False))
    if found is None:
        raise click.ClickException(NOBODY)
    return found


def _done(settings: Settings, change: Callable[[Database], Awaitable[T]]) -> T:
    try:
        return ask_database(settings, change)
    except Unavailable:
        raise
    except Unauthenticated as gone:
        raise click.ClickException("The account was deleted just now.") from gone
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal


async def _unlock(settings: Settings, database: Database, contact: str) -> Unlocked:
    secrets = await order_secret_keys(database, settings.secret_key)
    return await unlock(database, Subjects(secrets.derive_oldest("subjects")), contact)


async def _show(
    settings: Settings, database: Database, who: UUID | str, most: int
) -> PersonReport | None:
    return await show_person(database, await build_reports(settings, database), who, most)


# In words.


def _called(found: FoundPerson) -> str:
    return " and ".join(found.contacts)


def _person_line(found: FoundPerson) -> str:
    since = f"since {clock(found.created_at)}, last used {clock(found.last_used_at)}"
    return f"{found.id}  {' '.join(found.contacts)}  {since}"
