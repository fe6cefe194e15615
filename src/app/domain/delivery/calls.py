"""Phone calls that read a code out: for whoever gets no text."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from app.domain.ports import Reason, Refused, SendOutcome

# The template of a call's words, by which its row is known: in all else it is a text, in the
# limits too, where it counts as so many.
TEMPLATE, WEIGHT = "phone_call", 3

# What keeps a text from arriving and not a call.
MENDED = frozenset(
    {Reason.LANDLINE, Reason.OPTED_OUT, Reason.FILTERED, Reason.MISCONFIGURED, Reason.EXPIRED}
)
# What keeps both away, until the person gives another number.
HOPELESS = frozenset({Reason.UNUSABLE, Reason.UNSERVED})


@dataclass(frozen=True, slots=True)
class Call:
    """`to` is E.164. `words` are said line by line in `language`, one of ours; digits with commas
    between them one by one. `purpose` and `reference` as of `Text`.
    """

    to: str
    language: str
    words: str
    purpose: str = ""
    reference: str = ""


class PhoneCalls(Protocol):
    async def send(self, call: Call) -> SendOutcome:
        """As for texts; `Sent` where the phone is about to ring."""

    async def find(self, call: Call, age: timedelta) -> str | None:
        """As for texts, by the number alone: what was said on a phone is kept by nobody."""


class NoCalls(PhoneCalls):
    """Where nothing can call; what was queued before that was so is refused."""

    async def send(self, call: Call) -> SendOutcome:
        return Refused(Reason.MISCONFIGURED, "no_calls")

    async def find(self, call: Call, age: timedelta) -> str | None:
        return ""
