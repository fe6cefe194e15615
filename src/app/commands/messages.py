"""`latchkey messages`: the answer to "I never got my code"."""

import json
import sys
from datetime import UTC, datetime
from uuid import UUID

import click

from app.commands.arguments import build_reports, canonical_contact
from app.commands.asking import JSON, YES, ask_first, named
from app.commands.stores import ask_database, with_database
from app.domain.operations.words import describe_refused
from app.domain.ports import Database
from app.domain.support.cause import Cause, find_cause
from app.domain.support.contact import ContactReport
from app.domain.support.messages import (
    FoundMessage,
    cancel_message,
    clock,
    find_message,
    headline,
    list_history,
    show_message,
)
from app.settings import Settings

FAILED = 1


@click.group()
def messages() -> None:
    """What became of texts and mails. No code is ever shown."""


@messages.command()
@click.argument("contact")
@click.option("--most", type=click.IntRange(1, 1000), default=50, show_default=True,
              help="How many messages at most, the newest ones.")  # fmt: skip
@JSON
@named
def find(contact: str, most: int, as_json: bool) -> None:
    """List what was sent to CONTACT, a phone number or e-mail address, what the vendor said of it,
    which limits refused more, and the likely cause of a code that did not come.
    """
    with with_database("SECRET_KEY") as settings:
        canonical = canonical_contact(contact, settings.sms_regions)
        report = ask_database(settings, lambda database: _find(settings, database, canonical, most))
    cause = find_cause(report)
    if as_json:
        click.echo(json.dumps(_plain_report(report, cause)))
    else:
        click.echo("\n".join(_report_lines(report, cause)))
    if not (report.messages or report.refused or report.account):
        sys.exit(FAILED)


@messages.command()
@click.argument("message_id", type=click.UUID)
@JSON
@named
def show(message_id: UUID, as_json: bool) -> None:
    """Show all that is kept of one message but its code."""
    with with_database() as settings:
        message = ask_database(settings, lambda database: show_message(database, message_id))
    if message is None:
        raise click.ClickException("There is no such message.")
    click.echo(json.dumps(_plain(message)) if as_json else "\n".join(_lines_in_full(message)))


@messages.command()
@click.argument("message_id", type=click.UUID)
@YES
@JSON
@named
def cancel(message_id: UUID, yes: bool, as_json: bool) -> None:
    """Take back a code that still waits to be sent."""
    with with_database() as settings:
        message = ask_database(settings, lambda database: find_message(database, message_id))
        if message is None:
            raise click.ClickException("There is no such message.")
        _require_waiting(message)
        what = f"This takes back the {headline(message)}, to {message.destination}."
        ask_first(what, "Take it back?", yes=yes)
        if not ask_database(settings, lambda database: cancel_message(database, message_id)):
            raise click.ClickException("It was handed over just now.")
    result = {"id": str(message_id), "state": "cancelled"}
    click.echo(json.dumps(result) if as_json else f"Taken back: {message_id}.")


def _require_waiting(message: FoundMessage) -> None:
    if message.is_notice:
        raise click.ClickException("It's a notice, which its person has to get: none is held back.")
    if message.state != "queued":
        raise click.ClickException(f"It doesn't wait any more: {message.state}.")


async def _find(settings: Settings, database: Database, contact: str, most: int) -> ContactReport:
    return await (await build_reports(settings, database)).find(contact, most)


# In words.


def _report_lines(report: ContactReport, cause: Cause) -> list[str]:
    dated = [(message.created_at, _lines(message)) for message in report.messages]
    dated += [
        (refused.at, [f"{clock(refused.at)} {describe_refused(refused)}"])
        for refused in report.refused
    ]
    lines = [f"{report.contact}  {clock(report.now)} UTC", *_standing(report), ""]
    for _, each in sorted(dated, key=lambda entry: entry[0]):
        lines += each
    for hour in report.full_hours:
        lines.append(f"{clock(hour)} more was refused in that hour than is kept")
    return [*lines, "", f"Likely cause: {cause.likely}", f"Next: {cause.next}"]


def _standing(report: ContactReport) -> list[str]:
    """What holds whatever was sent."""
    account, locks, lines = report.account, report.locks, []
    if account:
        used = f", last used {clock(account.last_used_at)}" if account.last_used_at else ""
        lines.append(f"account: {account.id}, since {clock(account.created_at)}{used}")
    else:
        deleted = "; one that had it was deleted" if report.was_deleted else ""
        lines.append(f"account: none{deleted}")
    if account and account.bounced_at:
        count = f"{account.bounces} for good"
        lines.append(f"mail to its address came back: {clock(account.bounced_at)}, {count}")
    if report.opted_out_at:
        lines.append(f"opted out: {clock(report.opted_out_at)}")
    codes = f"for another {locks.code_wait} s" if locks.code_wait else "no"
    passwords = f"for another {locks.password_wait} s" if locks.password_wait else "no"
    wrong = f"{locks.wrong_in_a_row} wrong in a row"
    return [*lines, f"locked: codes {codes} ({wrong}), passwords {passwords}"]


def _lines(message: FoundMessage) -> list[str]:
    return [
        f"{clock(message.created_at)} {message.id}: {headline(message)}",
        *(f"  {clock(at)} {what}" for at, what in list_history(message)),
        *([f"  wrong codes entered: {message.wrong_guesses}"] if message.wrong_guesses else []),
    ]


def _lines_in_full(message: FoundMessage) -> list[str]:
    more = {
        "to": message.destination,
        "region": message.region,
        "asked for from": message.network,
        "language": message.language,
        "sender": message.sender,
        "vendor's id": message.provider_id,
        "vendor's code": message.provider_code,
        "reason": message.reason,
        "may have gone out unseen": str(message.uncertain or ""),
        "next try": clock(message.next_try_at) if message.state == "queued" else "",
        "of use until": clock(message.expires_at),
    }
    return [*_lines(message), *(f"  {name}: {value}" for name, value in more.items() if value)]


# As JSON.


def _plain_report(report: ContactReport, cause: Cause) -> dict[str, object]:
    account, locks = report.account, report.locks
    return {
        "contact": report.contact,
        "now": _utc(report.now),
        "account": account and {
            "id": str(account.id),
            "created_at": _utc(account.created_at),
            "last_used_at": _utc(account.last_used_at),
            "bounced_at": _utc(account.bounced_at),
            "bounces": account.bounces,
        },
        "was_deleted": report.was_deleted,
        "opted_out_at": _utc(report.opted_out_at),
        "locks": {
            "wrong_codes_in_a_row": locks.wrong_in_a_row,
            "codes_for_seconds": locks.code_wait,
            "passwords_for_seconds": locks.password_wait,
        },
        "messages": [_plain(message) for message in report.messages],
        "refused": [
            {"at": _utc(each.at), "refusal": each.refusal, "limit": each.limit,
             "purpose": each.purpose}
            for each in report.refused
        ],
        "full_hours": [_utc(hour) for hour in report.full_hours],
        "likely_cause": cause.likely,
        "next": cause.next,
    }  # fmt: skip


def _plain(message: FoundMessage) -> dict[str, object]:
    same = ("channel", "template", "destination", "region", "network", "purpose", "language",
            "is_notice", "is_withheld", "state", "tries", "uncertain", "reason", "sender",
            "provider_id", "provider_code", "wrong_guesses")  # fmt: skip
    times = ("created_at", "sent_at", "updated_at", "next_try_at", "expires_at", "proved_at")
    return {
        "id": str(message.id),
        **{name: getattr(message, name) for name in same},
        **{name: _utc(getattr(message, name)) for name in times},
        "history": [{"at": _utc(at), "what": what} for at, what in list_history(message)],
        "steps": [
            {"at": _utc(step.at), "state": step.state, "sender": step.sender, "code": step.code,
             "reason": step.reason, "words": step.words, "receipt": step.is_receipt}
            for step in message.steps
        ],
    }  # fmt: skip


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None
