"""What every page with a code field shows, whatever the code is for."""

from dataclasses import dataclass
from math import ceil
from typing import Any

from app.domain.delivery.outbox import Progress, State
from app.domain.ports import Reason
from app.domain.verification.channel import GUESSES, PHONE, Channel
from app.domain.verification.guesses import Pending
from app.domain.verification.verifications import Verifications

POLLED = 120.0  # seconds; what has not been confirmed by then hardly ever is
SLOW = 10.0  # seconds in the outbox, from which the wait is told
NOT_SENT = "We couldn’t send the code. Try again in a few minutes."
RESENT = {False: "sent-again", True: "new-code"}  # the notice, by whether it is a new code
MOST_COUNTED = 999  # what the countdown's three digits can show


def code_context(
    codes: Verifications, pending: Pending | None, progress: Progress | None, typed: str
) -> dict[str, Any]:
    """Without `pending` the database is silent, and the page only keeps what was typed."""
    return {
        "typed": typed,
        "ended": _ended(pending),
        "expires_clock": f"{pending.expires_at:%H:%M}" if pending else None,
        "minutes_left": max(1, ceil(pending.seconds_left / 60)) if pending else None,
        "attempts_left": pending.attempts_left if pending else GUESSES,
        "resend_seconds": min(MOST_COUNTED, codes.resend_wait(pending)) if pending else 0,
        "sends_left": codes.sends_left(pending) if pending else 1,
        "delivery": delivery_line(codes.channel, progress),
    }


def _ended(pending: Pending | None) -> str | None:
    if pending is None:
        return None
    if pending.seconds_left <= 0:
        return "expired"
    return None if pending.attempts_left else "locked"


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """What became of the message, in words. `polling`: it may still change."""

    state: str
    sentence: str
    polling: bool


# Asked for by a page that stayed open; a redirect would be no line, and asked for for ever.
LEFT = DeliveryLine(
    "left", "You have gone on from here. Reload the page to see where you are.", False
)


def delivery_line(channel: Channel, progress: Progress | None) -> DeliveryLine:
    what = "text" if channel is PHONE else "e-mail"
    if progress is None:
        return DeliveryLine("queued", f"Your {what} is on its way.", polling=False)
    young = progress.age < POLLED
    match progress.state:
        case State.QUEUED | State.SENDING if progress.age < SLOW:
            return DeliveryLine("queued", f"Your {what} is on its way.", polling=True)
        case State.QUEUED | State.SENDING:
            return DeliveryLine("late", _slow(what), polling=young)
        case State.SENT if young:
            return DeliveryLine("sent", f"The {what} was sent.", polling=True)
        case State.SENT:
            return DeliveryLine("sent", _unconfirmed(what), polling=False)
        case State.DELIVERED:
            return DeliveryLine("delivered", f"The {what} was delivered.", polling=False)
        case State.REFUSED:
            return DeliveryLine("refused", _refused(what, progress.reason), polling=False)
    return DeliveryLine("refused", _unsure(what) if progress.unsure else NOT_SENT, polling=False)


def _slow(what: str) -> str:
    return f"We cannot reach the service that sends the {what} right now. We keep trying."


def _unconfirmed(what: str) -> str:
    return f"The {what} was sent, but its arrival is not confirmed. If nothing came, ask again."


def _unsure(what: str) -> str:
    return f"We could not be sure that the {what} went out. If nothing arrives, ask for another."


def _refused(what: str, reason: Reason | None) -> str:
    if reason is Reason.MISCONFIGURED:
        return NOT_SENT
    if what == "e-mail":
        return "That address cannot receive our e-mail. Check it, or use another."
    match reason:
        case Reason.UNUSABLE:
            return "We can’t text that number. Check it, or use another."
        case Reason.OPTED_OUT:
            return (
                "Texts from us are turned off for this number. Reply START to our last text,"
                " or use another number."
            )
        case Reason.UNSERVED:
            return "We can’t text that country yet. Use a number from another country."
    return NOT_SENT
