"""What a flow waits for: its newest code, and what may be done about it."""

from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.delivery.outbox import Progress, progress_from_row
from app.domain.delivery.send_limiter import ShortIdempotencyKey
from app.domain.errors import Rejected
from app.domain.i18n import _
from app.domain.ports import Record
from app.domain.verification.codes import GUESSES, RESENDABLE

DECIDED = 0.5  # seconds after which a guess that was counted has been compared
JUST_NOW = 60.0  # seconds in which the answer to a form may have been lost
APART = 1.0  # seconds; a message this much younger than its code is not the first with it


class NoCode(Rejected):
    """There is nothing to check: the code was ended by a newer one, or never sent."""

    code = "no_code"
    field = "code"
    message = _("That code no longer works. Ask for a new one below.")


@dataclass(frozen=True, slots=True)
class PendingCode:
    """The code a flow waits for, and what may be done about it. Times in seconds."""

    id: UUID
    destination: str
    attempts: int
    expires_at: datetime
    consumed: bool
    user_id: UUID | None
    seconds_left: float
    sent_this_hour: int
    sent_today: int
    since_last_send: float | None
    since_last_guess: float | None
    since_proof: float | None
    progress: Progress | None = None  # of the newest message that carries it
    unsent: bool = False  # there is no row of it yet
    since_unsent: float | None = None  # since a message of it counts as sent that was not
    unsent_again: bool = False  # that one was asked for by the button
    held_for: float | None = None  # seconds until this flow may have a code: another has just had
    kept: bool = False  # or the number of this one waits to be texted for the first time

    @property
    def is_held(self) -> bool:
        """Whether the flow has no code of its own yet, so that none proves anything in it."""
        return self.held_for is not None

    @classmethod
    def from_row(cls, row: Record) -> "PendingCode":
        columns = (field.name for field in fields(cls) if field.default is MISSING)
        return cls(**{name: row[name] for name in columns}, progress=progress_from_row(row))

    @classmethod
    def without_code(
        cls,
        id: UUID,
        destination: str,
        expires_at: datetime,
        held_for: float,
        *,
        kept: bool = False,
    ) -> "PendingCode":
        """Of a flow that has none yet."""
        return cls(
            id=id,
            destination=destination,
            attempts=0,
            expires_at=expires_at,
            consumed=False,
            user_id=None,
            seconds_left=(expires_at - datetime.now(UTC)).total_seconds(),
            sent_this_hour=0,
            sent_today=0,
            since_last_send=None,
            since_last_guess=None,
            since_proof=None,
            held_for=held_for,
            kept=kept,
        )

    @property
    def attempts_left(self) -> int:
        return max(0, GUESSES - self.attempts)

    @property
    def is_being_decided(self) -> bool:
        """The last guess it allows may be under way elsewhere, and may be right."""
        just_now = self.since_last_guess is not None and self.since_last_guess < DECIDED
        return just_now and self.attempts_left == 0 and not self.consumed

    @property
    def was_just_proved(self) -> bool:
        """So that the same form again is answered like the first one."""
        return self.since_proof is not None and self.since_proof < JUST_NOW

    @property
    def can_be_resent(self) -> bool:
        lasts = self.seconds_left >= RESENDABLE.total_seconds()
        return self.attempts_left > 0 and lasts and not self.is_held


def waits_at(pending: PendingCode | None, destination: str) -> bool:
    """Whether a code to there is waited for."""
    return pending is not None and pending.destination == destination and is_open(pending)


def can_be_repeated(pending: PendingCode | None, destination: str) -> bool:
    """Whether the same code helps once more."""
    return waits_at(pending, destination) and bool(pending and pending.can_be_resent)


def is_open(pending: PendingCode | None) -> bool:
    return pending is not None and not pending.consumed


def has_young_message(pending: PendingCode | None) -> bool:
    """Whether a code that can be used was sent a moment ago."""
    if pending is None or pending.consumed or not pending.can_be_resent:
        return False
    newest = pending.progress
    return newest is not None and newest.age < ShortIdempotencyKey.seconds


def was_sent_again(
    now: PendingCode | None, before: PendingCode | None, lifetime: timedelta
) -> bool:
    """Whether the code went out a moment ago, after the first message, or with a new code."""
    newest = now.progress if now else None
    if now is None or newest is None or newest.age >= ShortIdempotencyKey.seconds:
        return False
    age_of_code = lifetime.total_seconds() - now.seconds_left
    return before is None or now.id != before.id or newest.age + APART < age_of_code
