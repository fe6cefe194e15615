"""The dispatcher: hands queued messages to their provider and writes down what became of them.

Every process runs one. A message is sent at least once and at most twice; whoever dies with one in
hand leaves it to the others, who ask the provider before they send it again.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import chain, repeat

from app.domain.delivery.breaker import Breaker
from app.domain.delivery.outbox import Message, Settled, State, claim, settle
from app.domain.errors import Unavailable
from app.domain.ports import (
    Database,
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

log = logging.getLogger("app.dispatcher")

BATCH = 50
SWEEP = 1.0  # seconds between looks for what no wake-up told of
TRIES = 3  # the first and at most two more
BACKOFF = (1.0, 4.0)  # seconds, full jitter below
UNKNOWN = 2  # so often may a message go out without an answer

Compose = Callable[[Message], Text | Letter]


class Dispatcher:
    """Runs until cancelled. `compose` turns a claimed row into words, code and all."""

    def __init__(
        self, database: Database, texts: TextMessages, mail: Mail, compose: Compose
    ) -> None:
        self._database, self._compose = database, compose
        self._texts, self._mail = texts, mail
        self.breakers = {"sms": Breaker(), "email": Breaker()}
        self._woken = asyncio.Event()
        self._finished: asyncio.Queue[Settled | None] = asyncio.Queue()
        self._closing = False
        self._sending: set[asyncio.Task[None]] = set()
        self.alive_at = 0.0

    def wake(self) -> None:
        """To be called after a commit that queued something."""
        self._woken.set()

    async def run(self) -> None:
        """Until `close`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_down())
            group.create_task(self._hand_out())

    def close(self) -> None:
        """Claims nothing more; `run` returns once what is in hand is sent and written down."""
        self._closing = True
        self._woken.set()

    async def _hand_out(self) -> None:
        while not self._closing:
            self._woken.clear()
            full = await self._claim_some()
            self.alive_at = asyncio.get_running_loop().time()
            if not full and not self._closing:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), SWEEP)
        await asyncio.gather(*self._sending)
        await self._finished.put(None)

    async def _claim_some(self) -> bool:
        """Whether there may be more: the batch was full."""
        channels = [name for name, breaker in self.breakers.items() if not breaker.open]
        trying = any(breaker.trying for breaker in self.breakers.values())
        most = 1 if trying else BATCH - len(self._sending)
        if not channels or most <= 0:
            return False
        try:
            async with self._database.connection() as connection:
                messages = await claim(connection, most, channels)
        except Unavailable:
            return False
        for message in messages:
            task = asyncio.create_task(self._send(message))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)
        return len(messages) == most

    async def _send(self, message: Message) -> None:
        """Never lets one bad message stop another: what goes wrong here is its own outcome."""
        try:
            settled = await self._settled(message)
        except Exception:
            log.exception("message could not be sent", extra={"delivery": str(message.id)})
            settled = Settled(message.id, State.FAILED, provider_code="internal")
        await self._finished.put(settled)

    async def _settled(self, message: Message) -> Settled:
        if message.seconds_left <= 0:
            return Settled(message.id, State.EXPIRED)
        if message.tries > TRIES:
            return Settled(message.id, State.FAILED, provider_code="abandoned")
        composed = self._compose(message)
        if message.abandoned:
            found = await self._found(composed)
            if found is None or found:
                state = State.SENT if found else State.FAILED
                return Settled(message.id, state, found or None, "abandoned")
        outcome = await self._handed_over(composed)
        self._note(message, outcome)
        return _judged(message, outcome)

    async def _found(self, composed: Text | Letter) -> str | None:
        """What the provider knows of it; a letter twice does no harm, so none is asked about."""
        return await self._texts.find(composed) if isinstance(composed, Text) else ""

    async def _handed_over(self, composed: Text | Letter) -> SendOutcome:
        if isinstance(composed, Text):
            return await self._texts.send(composed)
        return await self._mail.send(composed)

    def _note(self, message: Message, outcome: SendOutcome) -> None:
        breaker = self.breakers[message.channel]
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

    async def _write_down(self) -> None:
        """Whatever has finished meanwhile goes into one statement; a `None` is the last."""
        last = False
        while not last:
            batch = [await self._finished.get()]
            while not self._finished.empty():
                batch.append(self._finished.get_nowait())
            last = None in batch
            await self._write([settled for settled in batch if settled])

    async def _write(self, batch: list[Settled]) -> None:
        """Tried until PostgreSQL answers: what was sent must not be forgotten."""
        for wait in chain((0.0,), repeat(SWEEP)):
            await asyncio.sleep(wait)
            with suppress(Unavailable):
                async with self._database.connection() as connection:
                    await settle(connection, batch)
                if any(settled.state is State.QUEUED for settled in batch):
                    self.wake()
                return


def _judged(message: Message, outcome: SendOutcome) -> Settled:
    """Only what is safe is tried again: what was not taken, and once what may have been."""
    match outcome:
        case Sent(provider_id):
            return Settled(message.id, State.SENT, provider_id, uncertain=message.uncertain)
        case Refused(reason, code):
            return Settled(message.id, State.REFUSED, None, code, reason, message.uncertain)
        case Unsent(code, retry_after):
            return _again(message, code, message.uncertain, retry_after)
        case Uncertain(code):
            return _again(message, code, message.uncertain + 1, None)


def _again(message: Message, code: str, uncertain: int, retry_after: float | None) -> Settled:
    delay = retry_after
    if delay is None:
        delay = random.uniform(0, BACKOFF[min(message.tries, len(BACKOFF)) - 1])  # noqa: S311 - jitter
    if message.tries >= TRIES or uncertain >= UNKNOWN or delay >= message.seconds_left:
        return Settled(message.id, State.FAILED, None, code, None, uncertain)
    return Settled(message.id, State.QUEUED, None, code, None, uncertain, delay)


def lifetime_of(message: Message) -> timedelta:
    """How long the provider may still deliver it."""
    return timedelta(seconds=max(1.0, message.seconds_left))
