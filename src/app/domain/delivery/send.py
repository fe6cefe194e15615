"""A message that is about to be queued: by whom, in whose room, and how a limit refuses it."""

from dataclasses import dataclass

from app.domain.delivery.counts import CountedLimit, mail_values, text_values
from app.domain.delivery.pressure import Verdict
from app.domain.delivery.rooms import Requester, Room, Standing
from app.domain.errors import Refusal
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limit_refusals import TextsStopped, name_limit, note_limit
from app.domain.ports import ReachedLimit

BUDGET = "sms_daily_budget"  # as a limit; in no table, as a trigger holds it


class QuietlyRefused(Exception):
    """By the `limit` of that name; whoever signs in is not told, as it would tell whether there is
    an account.
    """

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Terms:
    """How a message is queued. `limits_checked`: those in the database were looked at;
    `is_counted`: the short memory counts it. `room` is '' for mails. A text that is `quiet_by` a
    limit is of a sign-in that this would have refused.
    """

    limits_checked: bool
    is_counted: bool
    room: Room | str
    quiet_by: str = ""

    @property
    def is_withheld(self) -> bool:
        return self.room is Room.WITHHELD

    @property
    def parameters(self) -> dict[str, object]:
        """Those of the statement that queues it."""
        return {
            "limits_checked": self.limits_checked,
            "is_counted": self.is_counted,
            "room": self.room,
            "is_quiet": bool(self.quiet_by),
            "is_withheld": self.is_withheld,
        }


@dataclass(frozen=True, slots=True)
class Send:
    """`entry`, a UUID, names it; `room` is None for a mail. `quiet_by`: the limit that refused it
    in the room it would have taken.
    """

    to: Phone | EmailAddress
    requester: Requester
    entry: str
    room: Room | None
    counts: tuple[CountedLimit, ...]
    quiet_by: str = ""

    @property
    def channel(self) -> str:
        return "sms" if isinstance(self.to, Phone) else "email"

    @property
    def values(self) -> dict[str, str]:
        """What the statements of `database_limits.sql` compare with."""
        if isinstance(self.to, Phone):
            return text_values(self.to, self.requester)
        return mail_values(self.to, self.requester)

    def refuse(self, counted: CountedLimit, reached: ReachedLimit) -> Exception:
        """What to raise where that limit is reached."""
        refusal = counted.refused(reached)
        if not isinstance(refusal, Refusal):
            return refusal  # a repetition
        if counted.is_of_region and self._is_quiet:
            return self._refuse_quietly(counted.name)
        return name_limit(refusal, counted.name, **self._facts)

    def refuse_stopped(self, verdict: Verdict, *, for_all: bool = False) -> Exception:
        """The same where texts are stopped; `for_all`: for accounts, too."""
        if self._is_quiet and not for_all:
            return self._refuse_quietly(verdict.limit)
        helps = self.room is Room.STRANGERS and self.requester.standing is Standing.STRANGER
        refusal = TextsStopped(email_helps=helps, wait=verdict.wait)
        return name_limit(refusal, verdict.limit, **self._facts)

    def refuse_unpaid(self) -> Exception:
        """Where the day's budget is spent: for everybody alike."""
        return name_limit(TextsStopped(), BUDGET, **self._facts)

    def terms(self, *, limits_checked: bool, is_counted: bool) -> Terms:
        return Terms(limits_checked, is_counted, self.room or "", self.quiet_by)

    @property
    def _is_quiet(self) -> bool:
        return self.room is Room.SIGN_IN or bool(self.quiet_by)

    @property
    def _facts(self) -> dict[str, str]:
        return {"channel": self.channel, "network": self.requester.origin.network}

    def _refuse_quietly(self, limit: str) -> Exception:
        note_limit(limit, **self._facts)
        return QuietlyRefused(limit)


@dataclass(frozen=True, slots=True)
class SendPermit:
    """Room was taken. Where `needs_database_check`, PostgreSQL has a say too; `is_database_only` if
    it has the only. `is_probe`: a breaker waits for what becomes of this one.
    """

    send: Send
    needs_database_check: bool
    is_database_only: bool
    is_probe: bool = False

    def terms(self, *, limits_checked: bool) -> Terms:
        is_counted = not self.is_database_only
        return self.send.terms(limits_checked=limits_checked, is_counted=is_counted)
