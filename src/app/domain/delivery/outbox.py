"""The outbox: messages are rows, committed with their flow; when a try failed, what comes next."""

import random
from dataclasses import dataclass, replace
from enum import StrEnum
from operator import itemgetter
from uuid import UUID

from app.domain.audit import AuditEvent
from app.domain.delivery.calls import TEMPLATE as CALL
from app.domain.metrics import EVENTS
from app.domain.ports import (
    Connection,
    Reason,
    Record,
    Refused,
    SendOutcome,
    Sent,
    Uncertain,
    Unsent,
)
from app.domain.sql import load_queries

sql = load_queries(__file__, "outbox.sql")


class State(StrEnum):
    """What became of a message; only ever moves forward."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"  # by an operator, before it was handed over


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed row, without its words and to whom they go: what a retry and a record need to
    know. `notice`: nobody asked for it, see `notices.py`. `abandoned`: an earlier dispatcher died
    holding it. `age` in seconds. `sender` is who has it, or may have it: the name of one, None
    where it was claimed before there were names. `region` is that of a number.
    """

    id: UUID
    channel: str
    template: str
    notice: bool
    tries: int
    uncertain: int
    abandoned: bool
    age: float
    seconds_left: float
    sender: str | None
    request_id: str | None = None  # of whoever asked
    region: str | None = None

    @property
    def counted_as(self) -> tuple[str, str]:
        """Channel and region, as metrics know them."""
        return ("call" if self.template == CALL else self.channel), self.region or ""

    @property
    def is_too_late(self) -> bool:
        """Its code is over, or would be before it was read: so little is left after a try."""
        is_retry = self.tries > 1 and not (self.notice or self.abandoned or self.uncertain)
        return self.seconds_left <= (LEAST_LEFT if is_retry else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Claim):
    """All of it."""

    destination: str
    nonce: bytes | None
    purpose: str | None
    language: str
    zone: str
    context: str

    @classmethod
    def from_row(cls, row: Record) -> "Message":
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def claim(self) -> Claim:
        return Claim(*(getattr(self, name) for name in Claim.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """What to write back about one message. `delay` in seconds, for a state of `queued` until it is
    sent again, of `sending` until it is asked about again. `words` are the provider's own.
    """

    message: Claim
    state: State
    provider_id: str | None = None
    provider_code: str | None = None
    reason: Reason | None = None
    uncertain: int = 0
    delay: float = 0.0
    words: str = ""


async def claim_due(
    connection: Connection,
    texts: int,
    emails: int,
    text_sender: str | None = None,
    mail_sender: str | None = None,
) -> list[Message]:
    """Takes up to so many due messages for 30 seconds; no two dispatchers ever take the same. They
    are for that sender, but for those that another one may have. Those with the least time left
    come first.
    """
    query = sql.claim_due(
        texts=texts, emails=emails, text_sender=text_sender, mail_sender=mail_sender
    )
    rows = sorted(await connection.fetch(*query), key=itemgetter("seconds_left"))
    return [Message.from_row(row) for row in rows]


async def move_claim(
    connection: Connection, message: Claim, sender: str, code: str, words: str
) -> Claim | None:
    """Gives a claimed message to another sender, for 30 more seconds: written down before it is
    sent, so that whoever finds it abandoned asks the right one. `code` and `words` are those of the
    one that did not take it, "" where none was asked. None where the claim was lost.
    """
    query = sql.move_claim(
        id=message.id, tries=message.tries, sender=sender, code=code, words=words
    )
    moved = await connection.fetchval(*query)
    return replace(message, sender=sender) if moved else None


async def record_outcomes(connection: Connection, batch: list[DeliveryOutcome]) -> None:
    """Writes what became of claimed messages, in one statement."""
    given_up = await connection.execute(
        *sql.record_outcomes(
            ids=[outcome.message.id for outcome in batch],
            tries=[outcome.message.tries for outcome in batch],
            states=[outcome.state for outcome in batch],
            provider_ids=[outcome.provider_id for outcome in batch],
            provider_codes=[outcome.provider_code for outcome in batch],
            reasons=[outcome.reason for outcome in batch],
            uncertain=[outcome.uncertain for outcome in batch],
            delays=[outcome.delay for outcome in batch],
            words=[outcome.words for outcome in batch],
            senders=[outcome.message.sender for outcome in batch],
        )
    )
    if (count := int(given_up.rpartition(" ")[2])) > 0:  # INSERT 0 2
        EVENTS.add(AuditEvent.NOTICE_NOT_SENT, by=count)


@dataclass(frozen=True, slots=True)
class Progress:
    """What a person waiting for a message may know. `unsure`: it may have gone out all the same.
    `age` and `since` in seconds: since it was queued, and since it is in that state. `template`: ""
    of one that was never queued.
    """

    state: State
    reason: Reason | None
    unsure: bool
    age: float
    since: float = 0.0
    template: str = ""

    @property
    def is_call(self) -> bool:
        return self.template == CALL


ON_ITS_WAY = 3.0  # seconds in which a message goes out; before that none is told as sent


def progress_from_row(row: Record) -> Progress | None:
    """Of one that is quiet only its age is told."""
    if row["message_state"] is None:
        return None
    age: float = row["age"]
    template: str = row["template"]
    if row["is_quiet"]:
        state = State.QUEUED if age < ON_ITS_WAY else State.SENT
        return Progress(state, None, False, age, age, template)
    state, reason = State(row["message_state"]), Reason(row["reason"]) if row["reason"] else None
    return Progress(state, reason, row["unsure"], age, row["since"], template)


# What comes after a try to send: another, later, or none.

SHORTEST, LONGEST = 1.0, 30.0  # seconds before another try with a code: someone waits for it
LEAST_LEFT = 120.0  # seconds that a code has to live, else it is not tried again
QUICK = 2  # so many tries of a notice are as soon as those
# Seconds before the tries after those: the last one again and again.
SLOW = (60.0, 300.0, 900.0, 3600.0)
# Before a notice goes out again that may have gone out once, twice and so on: seven times at most.
UNSURE = (60.0, 900.0, 10_800.0, 86_400.0, 172_800.0, 259_200.0)
ASK_AGAIN = 3.0  # seconds, full jitter, until the provider can tell what became of a text; of a
RARELY = 0.1  # notice, which may take days, after this share of its age
UNKNOWN = 2  # so often may a code go out without an answer


def give_up_or_retry(message: Claim, code: str) -> DeliveryOutcome:
    """A code is given up; a notice may fare better with a later process, or a later release."""
    if message.notice:
        unsure = message.uncertain if message.abandoned else 0
        return _retry_or_fail(message, code, message.uncertain, unsure=unsure)
    return DeliveryOutcome(message, State.FAILED, None, code, None, message.uncertain)


def outcome_of_send(message: Claim, outcome: SendOutcome) -> DeliveryOutcome:
    """Only what is safe is tried again: what was not taken, and what may have been: a code once, a
    notice some times more. What operators have to mend ends no notice either.
    """
    match outcome:
        case Sent(provider_id):
            return DeliveryOutcome(message, State.SENT, provider_id, uncertain=message.uncertain)
        case Refused(Reason.MISCONFIGURED as reason, code) if message.notice:
            return _retry_or_fail(message, code, message.uncertain, reason=reason)
        case Refused(reason, code):
            return DeliveryOutcome(message, State.REFUSED, None, code, reason, message.uncertain)
        case Unsent(code, retry_after):
            return _retry_or_fail(message, code, message.uncertain, retry_after)
        case Uncertain(code):
            uncertain = message.uncertain + 1
            return _retry_or_fail(message, code, uncertain, unsure=uncertain)


def _retry_or_fail(
    message: Claim,
    code: str,
    uncertain: int,
    retry_after: float | None = None,
    reason: Reason | None = None,
    unsure: int = 0,
) -> DeliveryOutcome:
    """A code is tried while there is time to enter it. A notice is never dropped while its person
    can still be told.
    `unsure`: how often it may have gone out, where this time is one of these.
    """
    delay = _pause(message, retry_after)
    if unsure and message.notice:
        delay = max(delay, UNSURE[min(unsure, len(UNSURE)) - 1])
    ends = not message.notice and uncertain >= UNKNOWN
    least_left = 0.0 if message.notice else LEAST_LEFT
    if ends or delay >= message.seconds_left - least_left:
        return DeliveryOutcome(message, State.FAILED, None, code, None, uncertain)
    return DeliveryOutcome(message, State.QUEUED, None, code, reason, uncertain, delay)


def _pause(message: Claim, retry_after: float | None) -> float:
    """Seconds: up to twice as many as before the last try. What the provider asks for counts, but
    nothing is tried at once again and again, nor a notice left for longer than an hour.
    """
    slow = message.tries - QUICK
    if message.notice and slow > 0:
        ours = SLOW[min(slow, len(SLOW)) - 1]
    else:
        ours = random.uniform(SHORTEST, min(LONGEST, 2.0**message.tries))  # noqa: S311 - jitter
    asked = max(ours, retry_after or 0.0)
    return min(asked, SLOW[-1]) if message.notice else asked


def ask_later(message: Claim) -> DeliveryOutcome:
    before = message.uncertain - 1  # its claim, which counted as a send, was none
    until = min(max(ASK_AGAIN, message.age * RARELY), SLOW[-1]) if message.notice else ASK_AGAIN
    wait = jitter(until)
    return DeliveryOutcome(message, State.SENDING, None, "asked", None, before, wait)


def wait_for_its_own(message: Claim) -> DeliveryOutcome | None:
    """Until its sender is no longer left alone; None where there is no time for it."""
    wait = 1 + jitter(ASK_AGAIN)
    if wait >= message.seconds_left - LEAST_LEFT:
        return None
    return DeliveryOutcome(message, State.QUEUED, None, "asked", None, message.uncertain, wait)


def not_paid(message: Claim, wait: float) -> DeliveryOutcome:
    """The day's budget is spent. A notice waits for the next day, in so many seconds."""
    words = "the budget of texts for today is spent"
    if not message.notice:
        return replace(give_up_or_retry(message, "budget"), words=words)
    before = message.uncertain
    return DeliveryOutcome(message, State.QUEUED, None, "budget", None, before, wait, words)


def jitter(seconds: float) -> float:
    return random.uniform(0, seconds)  # noqa: S311 - jitter
