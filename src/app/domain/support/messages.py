"""What became of a contact's messages, for whoever answers "I never got my code"."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.domain.audit import AuditEvent, current_operator, record_operator
from app.domain.metrics import EVENTS
from app.domain.ports import Connection, Database, Record
from app.domain.sql import load_queries

sql = load_queries(__file__, "support.sql")


@dataclass(frozen=True, slots=True)
class Step:
    """One of a message's history, at that time. A try that failed has the `state` it led to, and a
    receipt what it told; `sender` is whose, and `code` and `words` are the vendor's.
    """

    at: datetime
    state: str
    sender: str = ""
    code: str = ""
    reason: str = ""
    words: str = ""
    is_receipt: bool = False

    @classmethod
    def from_json(cls, step: dict[str, Any]) -> "Step":
        words = {
            name: step.get(name) or "" for name in ("state", "sender", "code", "reason", "words")
        }
        at = datetime.fromisoformat(step["at"])
        return cls(at, **words, is_receipt=bool(step.get("receipt")))


# Columns that are read as they are, and those that may be null.
SAME = ("id", "channel", "template", "destination", "network", "language", "state", "tries",
        "uncertain", "created_at", "sent_at", "updated_at", "next_try_at", "expires_at",
        "ended_at", "is_withheld")  # fmt: skip
WORDS = ("region", "purpose", "reason", "sender", "provider_id", "provider_code")


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A row of the outbox, without what a code could be made from. `is_withheld`: by a limit, so it
    is never sent, and its person is not told. `guesses`, `proved_at` and
    `ended_at` are of its code, and None or 0 without one or after a week.
    """

    id: UUID
    channel: str
    template: str
    destination: str
    region: str
    network: str
    purpose: str
    language: str
    is_notice: bool
    is_withheld: bool
    state: str
    tries: int
    uncertain: int
    reason: str
    sender: str
    provider_id: str
    provider_code: str
    steps: tuple[Step, ...]
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime
    next_try_at: datetime
    expires_at: datetime
    guesses: int
    proved_at: datetime | None
    ended_at: datetime | None

    @property
    def wrong_guesses(self) -> int:
        return self.guesses - (self.proved_at is not None)

    @classmethod
    def from_row(cls, row: Record) -> "FoundMessage":
        plain: dict[str, Any] = {name: row[name] for name in SAME} | {
            name: row[name] or "" for name in WORDS
        }
        return cls(
            **plain,
            is_notice=row["notice"],
            steps=tuple(Step.from_json(step) for step in json.loads(row["steps"])),
            guesses=row["attempts"] or 0,
            proved_at=row["consumed_at"],
        )


async def find_messages(
    connection: Connection, names: list[str], most: int
) -> tuple[FoundMessage, ...]:
    """The newest `most` of them, the oldest first."""
    rows = await connection.fetch(*sql.find_messages(names=names, most=most))
    return tuple(FoundMessage.from_row(row) for row in reversed(rows))


async def show_message(database: Database, message_id: UUID) -> FoundMessage | None:
    """One, which is on record."""
    async with database.transaction() as connection:
        row = await connection.fetchrow(*sql.find_message(id=message_id))
        if row is None:
            return None
        await record_operator(connection, AuditEvent.MESSAGE_SHOWN, message=str(message_id))
    return FoundMessage.from_row(row)


async def find_message(database: Database, message_id: UUID) -> FoundMessage | None:
    async with database.connection() as connection:
        row = await connection.fetchrow(*sql.find_message(id=message_id))
    return FoundMessage.from_row(row) if row else None


async def cancel_message(database: Database, message_id: UUID) -> bool:
    """Whether it was taken back: it still waited, and was no notice."""
    async with database.connection() as connection:
        cancelled = sql.cancel_message(id=message_id, by=current_operator.get())
        is_cancelled = bool(await connection.fetchval(*cancelled))
    if is_cancelled:
        EVENTS.add(AuditEvent.MESSAGE_CANCELLED)
    return is_cancelled


# In words, for operators: English, with times in UTC.

PURPOSES = {
    "signup": "sign-up or sign-in",
    "login": "sign-in after a long time",
    "recovery": "recovery",
    "confirm": "confirming who they are",
    "confirm-without-phone": "confirming without the phone",
    "change-phone": "a new phone number",
    "change-email": "a new e-mail address",
    "undo": "undoing a change",
}
CHANNELS = {"sms": "text", "email": "e-mail"}
CALL = "phone_call"  # the template; its channel is that of texts
REASONS = {
    "unusable": "it can't receive this",
    "landline": "it's a landline",
    "opted_out": "the person replied STOP",
    "unserved": "the place isn't served",
    "filtered": "the carrier or mail service blocked it",
    "misconfigured": "our account or settings are refused",
    "unreachable": "the phone can't be reached",
    "expired": "it was on its way for too long",
    "busy": "the line was busy",
    "blocked": "an operator keeps the number out",
    "no_answer": "nobody answered the call",
}
# After a try.
TRIED = {
    "sending": "not taken, given to the next sender",
    "queued": "not taken, to be tried again",
    "failed": "given up",
    "refused": "refused",
    "expired": "too old to be sent",
    "cancelled": "taken back by an operator",
}


def clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def purpose_in_words(purpose: str) -> str:
    return PURPOSES.get(purpose, purpose)


def headline(message: FoundMessage) -> str:
    """What it is and how it stands."""
    channel = "call" if message.template == CALL else CHANNELS.get(message.channel, message.channel)
    what = "a notice" if message.is_notice else f"a code for {purpose_in_words(message.purpose)}"
    state = "withheld by a limit" if message.is_withheld else message.state
    tries = f"{message.tries} {'try' if message.tries == 1 else 'tries'}"
    return f"{channel} with {what} ({message.template}): {state}, {tries}"


def list_history(message: FoundMessage) -> list[tuple[datetime, str]]:
    """Its steps in order."""
    return sorted(_all_steps(message), key=lambda step: step[0])


def _all_steps(message: FoundMessage) -> Iterator[tuple[datetime, str]]:
    yield message.created_at, "queued"
    if message.sent_at:
        known = f" as {message.provider_id}" if message.provider_id else ""
        yield message.sent_at, f"taken by {message.sender or 'the vendor'}{known}"
    for step in message.steps:
        yield step.at, _in_words(step)
    if message.proved_at:
        yield message.proved_at, "its code was entered right"


def _in_words(step: Step) -> str:
    what = f"receipt: {step.state}" if step.is_receipt else TRIED.get(step.state, step.state)
    why = (REASONS.get(step.reason, step.reason), step.sender, step.code, step.words)
    return ": ".join([what, *filter(None, [", ".join(filter(None, why))])])
