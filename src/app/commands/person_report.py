"""A person's state and timeline, in lines and as JSON."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.commands.audit import event_words
from app.domain.operations.people import PersonReport
from app.domain.support.words import clock, headline, list_history


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
