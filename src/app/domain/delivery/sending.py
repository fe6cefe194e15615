"""Sending: a claimed message goes to its provider, and the answer becomes what is written down."""

import logging
import random
from collections.abc import Callable
from datetime import timedelta

from app.domain.delivery.breaker import Breaker
from app.domain.delivery.outbox import Message, Settled, State
from app.domain.errors import Unavailable
from app.domain.ports import (
    Letter,
    Mail,
    Refused,
    SendOutcome,
    Sent,
    Text,
    TextMessages,
    Uncertain,
    Unsent,
)

log = logging.getLogger("app.sending")

TRIES = 3  # the first and at most two more
BACKOFF = (1.0, 4.0)  # seconds, full jitter below
ASK_AGAIN = 3.0  # seconds, full jitter, until the provider can tell what became of a text
UNKNOWN = 2  # so often may a message go out without an answer
# Uncertain so often, it is not sent again. A text is only when the provider never heard of it: it
# is given up when each process that takes it in hand dies.
MAY_BE_LEFT = {Letter: UNKNOWN, Text: UNKNOWN + 1}

Compose = Callable[[Message], Text | Letter]


class Sending:
    """`compose` turns a claimed row into words, code and all; `breakers` are by channel."""

    def __init__(
        self, texts: TextMessages, mail: Mail, compose: Compose, breakers: dict[str, Breaker]
    ) -> None:
        self._texts, self._mail = texts, mail
        self._compose, self._breakers = compose, breakers

    async def __call__(self, message: Message) -> Settled:
        """Never lets one bad message stop another: what goes wrong here is its own outcome."""
        try:
            return await self._settled(message)
        except Exception:
            log.exception("message could not be sent", extra={"delivery": str(message.id)})
            return Settled(message, State.FAILED, provider_code="internal")

    async def _settled(self, message: Message) -> Settled:
        if message.seconds_left <= 0:
            return Settled(message, State.EXPIRED)
        composed = self._compose(message)
        if message.abandoned and message.uncertain >= MAY_BE_LEFT[type(composed)]:
            return _given_up(message)
        if isinstance(composed, Text) and (message.abandoned or message.uncertain):
            known = await self._known(message, composed)
            if known:
                return known
        outcome = await self._handed_over(composed)
        self._note(message, outcome)
        return _judged(message, outcome)

    async def _known(self, message: Message, text: Text) -> Settled | None:
        """What became of a text that may have gone out, or None where it may go out now. Whoever
        held it may have sent it: nobody is texted twice by a crash of ours.
        """
        try:
            found = await self._texts.find(text, timedelta(seconds=message.age))
        except Unavailable:
            if not message.abandoned:
                return None
            before = message.uncertain - 1  # its claim, which counted as a send, was none
            return Settled(message, State.SENDING, None, "asked", None, before, _within(ASK_AGAIN))
        if found:
            return Settled(message, State.SENT, found, "found")
        if found is None and message.abandoned:
            return _given_up(message)
        return None

    async def _handed_over(self, composed: Text | Letter) -> SendOutcome:
        if isinstance(composed, Text):
            return await self._texts.send(composed)
        return await self._mail.send(composed)

    def _note(self, message: Message, outcome: SendOutcome) -> None:
        breaker = self._breakers[message.channel]
        if isinstance(outcome, Sent | Refused):
            breaker.succeeded()
        else:
            breaker.failed()
        log.info(
            "message handed over",
            extra={"delivery": str(message.id), "channel": message.channel,
                   "template": message.template, "outcome": type(outcome).__name__.lower(),
                   "provider_code": getattr(outcome, "provider_code", None)},
        )  # fmt: skip


def _given_up(message: Message) -> Settled:
    return Settled(message, State.FAILED, None, "abandoned", None, message.uncertain)


def _judged(message: Message, outcome: SendOutcome) -> Settled:
    """Only what is safe is tried again: what was not taken, and once what may have been."""
    match outcome:
        case Sent(provider_id):
            return Settled(message, State.SENT, provider_id, uncertain=message.uncertain)
        case Refused(reason, code):
            return Settled(message, State.REFUSED, None, code, reason, message.uncertain)
        case Unsent(code, retry_after):
            return _again(message, code, message.uncertain, retry_after)
        case Uncertain(code):
            return _again(message, code, message.uncertain + 1, None)


def _again(message: Message, code: str, uncertain: int, retry_after: float | None) -> Settled:
    delay = retry_after
    if delay is None:
        delay = _within(BACKOFF[min(message.tries, len(BACKOFF)) - 1])
    if message.tries >= TRIES or uncertain >= UNKNOWN or delay >= message.seconds_left:
        return Settled(message, State.FAILED, None, code, None, uncertain)
    return Settled(message, State.QUEUED, None, code, None, uncertain, delay)


def _within(seconds: float) -> float:
    return random.uniform(0, seconds)  # noqa: S311 - jitter
