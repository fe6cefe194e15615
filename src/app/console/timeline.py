"""What happened to one person, in one list: messages, what limits refused, and the audit trail."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.audit import AuditEvent
from app.domain.operations.trail import RecordedEvent
from app.domain.operations.words import describe_refused
from app.domain.support.contact import RefusedSend
from app.domain.support.messages import FoundMessage
from app.domain.support.words import clock, headline, list_history

# Whoever opens a person's page is on record as having been shown them; that is enough here.
SEEN = (AuditEvent.MESSAGES_FOUND,)


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is message, limit or audit; `href` leads to more."""

    at: datetime
    kind: str
    what: str
    details: tuple[str, ...] = ()
    href: str = ""


def build_timeline(
    messages: Sequence[FoundMessage],
    refused: Sequence[RefusedSend],
    events: Sequence[RecordedEvent],
) -> list[Entry]:
    """The newest first."""
    entries = [
        *map(_of_message, messages),
        *map(_of_refused, refused),
        *(_of_event(event) for event in events if event.event not in SEEN),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def describe_details(details: Mapping[str, Any]) -> str:
    """by Ada, codes 3. The digest of a contact says nothing to anybody."""
    known = {name: value for name, value in details.items() if value != "" and name != "contact"}
    return ", ".join(f"{name} {value}" for name, value in known.items())


def _of_message(message: FoundMessage) -> Entry:
    return Entry(
        message.created_at,
        "message",
        headline(message),
        (*_history(message),),
        f"/console/messages/{message.id}",
    )


def _history(message: FoundMessage) -> Iterator[str]:
    for at, what in list_history(message):
        yield f"{clock(at)} {what}"
    if message.wrong_guesses:
        yield f"Wrong codes entered: {message.wrong_guesses}"


def _of_refused(refused: RefusedSend) -> Entry:
    words = describe_refused(refused)
    return Entry(refused.at, "limit", f"{words[0].upper()}{words[1:]}")


def _of_event(event: RecordedEvent) -> Entry:
    facts = {"from": event.network, **event.details}
    words = describe_details(facts)
    return Entry(event.at, "audit", event.event, (words,) if words else ())
