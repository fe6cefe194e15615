"""Guesses at a code: counted and committed first, compared after, refused in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.errors import Rejected, TooMany
from app.domain.limits import MINUTE, in_words
from app.domain.ports import Record
from app.domain.verification.channel import GUESSES, RESENDABLE, Channel

DECIDED = 0.5  # seconds after which a guess that was counted has been compared
JUST_NOW = 60.0  # seconds in which the answer to a form may have been lost
TELL_FROM = 2  # tries left, from which the page says how many
IN_A_ROW = {
    "sms": "There were too many wrong codes for this number, so we no longer text it. Use another"
    " number, or your e-mail and password.",
    "email": "There were too many wrong codes for this address, so we no longer send it any. Use"
    " another address.",
}


class WrongCode(Rejected):
    code = "wrong_code"
    field = "code"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(_wrong(attempts_left))
        self.attempts_left = attempts_left


class SpentCode(Rejected):
    code = "spent_code"
    field = "code"
    message = "That code was tried too often and no longer works. Ask for a new one below."
    attempts_left = 0


class ExpiredCode(Rejected):
    code = "expired_code"
    field = "code"
    message = "That code has expired. Ask for a new one below."


class NoCode(Rejected):
    """There is nothing to check: the code was ended by a newer one, or never sent."""

    code = "no_code"
    field = "code"
    message = "That code no longer works. Ask for a new one below."


class ContactLocked(TooMany):
    """The failure budget of the number or address is used up, whoever used it."""

    code = "contact_locked"
    field = "code"

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // MINUTE))
        wait = in_words(minutes * MINUTE)
        super().__init__(
            f"There were too many wrong codes for this one. Try again in {wait}.",
            retry_after=minutes * MINUTE,
        )


class TooManyInARow(TooMany):
    """Wrong codes for one contact since it was last proved; waiting does not help."""

    code = "too_many_in_a_row"

    def __init__(self, channel: Channel) -> None:
        super().__init__(IN_A_ROW[channel.name])


@dataclass(frozen=True, slots=True)
class Pending:
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

    @classmethod
    def from_row(cls, row: Record) -> "Pending":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def attempts_left(self) -> int:
        return max(0, GUESSES - self.attempts)

    @property
    def being_decided(self) -> bool:
        """The last guess it allows may be under way elsewhere, and may be right."""
        just_now = self.since_last_guess is not None and self.since_last_guess < DECIDED
        return just_now and self.attempts_left == 0 and not self.consumed

    @property
    def just_proved(self) -> bool:
        """So that the same form again is answered like the first one."""
        return self.since_proof is not None and self.since_proof < JUST_NOW

    @property
    def worth_sending_again(self) -> bool:
        return self.attempts_left > 0 and self.seconds_left >= RESENDABLE.total_seconds()

    def refused_guess(self, locked_for: int) -> Rejected | TooMany:
        """Why a guess was not even counted."""
        if self.seconds_left <= 0:
            return ExpiredCode()
        if self.attempts_left == 0:
            return SpentCode()
        return ContactLocked(locked_for)


def _wrong(attempts_left: int) -> str:
    if attempts_left > TELL_FROM:
        return "That is not the code we sent. Check it and try again."
    if attempts_left == 0:
        return "That is not the code we sent, and it was the last try. Ask for a new one below."
    tries = "1 try" if attempts_left == 1 else f"{attempts_left} tries"
    return f"That is not the code we sent. You have {tries} left with this code."
