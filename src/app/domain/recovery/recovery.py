"""A recovery: the e-mail address of an account is proved, then it gets a new password."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.verification.guesses import Pending

PROOF_COUNTS = 30 * 60  # seconds


class Step(StrEnum):
    """The tail of its URL."""

    EMAIL = "email"
    EMAIL_CODE = "email-code"
    PASSWORD = "password"  # noqa: S105 - the name of a step


class Ending(StrEnum):
    """What came of a new password."""

    CHANGED = "password-reset"
    CHANGED_ELSEWHERE = "password-changed-elsewhere"  # by another form of the same recovery
    NO_ACCOUNT = "no-account"  # with this address: there never was, or it is gone


@dataclass(frozen=True, slots=True)
class Recovery:
    """How far a flow has come, by its newest code. All of it is in PostgreSQL. `has_moved`: what
    that code proved is under another id by now, to which only the code itself leads.
    """

    id: bytes
    newest: Pending | None = None
    has_moved: bool = False

    @property
    def step(self) -> Step:
        if self.newest is None:
            return Step.EMAIL
        if self.has_moved or not self.newest.consumed:
            return Step.EMAIL_CODE
        return Step.PASSWORD if self.proof and self.proof.user_id is None else Step.EMAIL

    @property
    def proof(self) -> Pending | None:
        """Of the address, while it counts; its `user_id` when it has changed a password."""
        since = self.newest.since_proof if self.newest and not self.has_moved else None
        return self.newest if since is not None and since < PROOF_COUNTS else None

    @property
    def email(self) -> str:
        """The address it is about; '' before one was named."""
        return self.newest.destination if self.newest else ""
