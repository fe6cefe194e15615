"""A session as those outside hold it, and what it is refused for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.errors import Forbidden, TooMany

# How a person proved who they are (RFC 8176).
PASSWORD = ("pwd",)
OTP = ("otp", "sms")


class TooManyRefreshes(TooMany):
    """No browser and no sound client needs as many."""

    code = "too_many_refreshes"
    message = "That was a lot in a short time. Try again in a minute."


class ConfirmationNeeded(Forbidden):
    """The change asks for a fresh proof. A page leads to it and back."""

    code = "confirmation_required"
    message = "Confirm that it is you, then try again."


@dataclass(frozen=True, slots=True)
class Tokens:
    """Both halves of a session as its holder keeps them."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session. `subject` is the `subject_of` its owner's address."""

    tokens: Tokens
    user_id: UUID
    subject: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its owner sees it."""

    id: UUID
    device: str
    network: str
    created_at: datetime
    last_used_at: datetime
    amr: Sequence[str]
