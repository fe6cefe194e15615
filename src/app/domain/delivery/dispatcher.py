"""The dispatcher: hands queued messages to their provider and writes down what became of them.

Every process runs one. A code may go out twice at most, a notice seven times; what surely did not
is tried for as long as it helps. Whoever dies with one in hand leaves it to the others, who ask the
provider before they send it again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain, repeat
from time import monotonic

from app.domain.concurrency import Lazy
from app.domain.delivery.breaker import CircuitBreaker
from app.domain.delivery.calls import Call, NoCalls, PhoneCalls
from app.domain.delivery.outbox import (
    UNKNOWN,
    DeliveryOutcome,
    Message,
    State,
    claim_due,
    give_up_or_retry,
    jitter,
    outcome_of_send,
    record_outcomes,
    seconds_to_ask_again,
)
from app.domain.errors import Unavailable
from app.domain.ports import (
    Database,
    Email,
    Mail,
    Refused,
    SendOutcome,
    Sent,
    Text,
    TextMessages,
    Uncertain,
)

# Sending: a claimed message goes to its provider, and the answer becomes what is written down.

sending_log = logging.getLogger("app.sending")

# Uncertain so often, it is not sent at once: a text where each process that starts it dies.
MAY_BE_LEFT = {Email: UNKNOWN, Text: UNKNOWN + 1, Call: UNKNOWN + 1}

Compose = Callable[[Message], Text | Call | Email]


class MessageSender:
    """`compose` turns a claimed row into words, code and all; `breakers` are by channel."""

    def __init__(
        self,
        texts: Lazy[TextMessages],
        mail: Lazy[Mail],
        calls: Lazy[PhoneCalls],
        compose: Compose,
        breakers: dict[str, CircuitBreaker],
    ) -> None:
        self._texts, self._mail, self._calls = texts, mail, calls
        self._compose, self._breakers = compose, breakers

    async def send_message(self, message: Message) -> DeliveryOutcome:
        """Never lets one bad message stop another: what goes wrong here is its own outcome."""
        try:
            return await self._try_to_send(message)
        except Exception:
            sending_log.exception("message could not be sent", extra={"delivery": str(message.id)})
            return give_up_or_retry(message, "internal")

    async def _try_to_send(self, message: Message) -> DeliveryOutcome:
        if message.is_too_late:
            return DeliveryOutcome(message, State.EXPIRED)
        composed = self._compose(message)
        if message.abandoned and message.uncertain >= MAY_BE_LEFT[type(composed)]:
            return give_up_or_retry(message, "abandoned")
        if not isinstance(composed, Email) and (message.abandoned or message.uncertain):
            known = await self._find_earlier_send(message, composed)
            if isinstance(known, DeliveryOutcome):
                return known
            message = known
        outcome = await self._hand_to_provider(composed)
        words = "" if isinstance(outcome, Sent) else outcome.words
        if not isinstance(composed, Call):  # which says nothing of texts
            self._record_in_breaker(message, outcome, words)
        self._log_outcome(message, outcome, words)
        return replace(outcome_of_send(message, outcome), words=words)

    async def _find_earlier_send(
        self, message: Message, composed: Text | Call
    ) -> DeliveryOutcome | Message:
        """What became of a text that may have gone out, or the text itself where it may now: nobody
        is texted, or called, twice by a crash of ours. Of a notice that surely did not, no earlier
        try counts.
        """
        try:
            found = await self._find(composed, timedelta(seconds=message.age))
        except Unavailable:
            if not message.abandoned:
                return message
            before = message.uncertain - 1  # its claim, which counted as a send, was none
            wait = jitter(seconds_to_ask_again(message))
            return DeliveryOutcome(message, State.SENDING, None, "asked", None, before, wait)
        if found:
            return DeliveryOutcome(message, State.SENT, found, "found")
        if found is None and message.abandoned:
            return give_up_or_retry(message, "abandoned")
        return replace(message, uncertain=0) if found == "" and message.notice else message

    async def _find(self, composed: Text | Call, age: timedelta) -> str | None:
        if isinstance(composed, Call):
            return await (await self._calls.get()).find(composed, age)
        return await (await self._texts.get()).find(composed, age)

    async def _hand_to_provider(self, composed: Text | Call | Email) -> SendOutcome:
        match composed:
            case Text():
                return await (await self._texts.get()).send(composed)
            case Call():
                return await (await self._calls.get()).send(composed)
            case Email():
                return await (await self._mail.get()).send(composed)

    def _record_in_breaker(self, message: Message, outcome: SendOutcome, words: str) -> None:
        breaker = self._breakers[message.channel]
        if isinstance(outcome, Sent | Refused):
            breaker.record_success()
        else:
            breaker.record_failure(message.id, unsure=isinstance(outcome, Uncertain))
        theirs = isinstance(outcome, Refused) and outcome.reason.is_for_good
        if isinstance(outcome, Sent) or (words and not theirs):
            breaker.words = words

    def _log_outcome(self, message: Message, outcome: SendOutcome, words: str) -> None:
        sending_log.info(
            "message handed over",
            extra={"delivery": str(message.id), "channel": message.channel,
                   "template": message.template, "outcome": type(outcome).__name__.lower(),
                   "provider_code": getattr(outcome, "provider_code", None), "words": words},
        )  # fmt: skip


log = logging.getLogger("app.dispatcher")
MOST = 50  # in flight at once of each channel
SWEEP = 1.0  # seconds between looks for what other processes queued, or left
PAUSE = 0.01  # seconds between two claims or writings: one for ten messages costs as one for one


@dataclass(frozen=True, slots=True)
class Crash:
    """A bug of ours that stopped a look at the outbox, and when by `monotonic`."""

    name: str
    at: float


class Dispatcher:
    def __init__(
        self,
        database: Database,
        texts: Lazy[TextMessages],
        mail: Lazy[Mail],
        compose: Compose,
        calls: Lazy[PhoneCalls] | None = None,
    ) -> None:
        self._database = database
        self.breakers = {"sms": CircuitBreaker(), "email": CircuitBreaker()}
        self._send = MessageSender(
            texts, mail, calls or Lazy[PhoneCalls](NoCalls), compose, self.breakers
        )
        self._in_flight: dict[str, set[asyncio.Task[None]]] = {"sms": set(), "email": set()}
        self._finished: asyncio.Queue[DeliveryOutcome | None] = asyncio.Queue()
        self._woken = database.message_queued
        self._closing = False
        self._behind = False  # with writing down: nothing more is started meanwhile
        self._full = False  # the last claim took all it had room for
        self.looked_at = monotonic()
        self.crash: Crash | None = None

    async def run(self) -> None:
        """Until `close`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._record_outcomes())
            group.create_task(self._dispatch_due())

    def close(self) -> None:
        """Claims nothing more; `run` returns once what is in flight is sent and written down."""
        self._closing = True
        self._woken.set()

    async def _dispatch_due(self) -> None:
        while not self._closing:
            self._woken.clear()
            await self._claim_while_due()
            await asyncio.sleep(PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SWEEP)
        await asyncio.gather(*self._in_flight["sms"], *self._in_flight["email"])
        await self._finished.put(None)

    async def _claim_while_due(self) -> None:
        """Through whatever goes wrong: people wait for their codes, and health tells of it."""
        try:
            await self._claim_some()
        except Exception as error:
            log.exception("crash of the dispatcher")
            self.crash = Crash(type(error).__name__, monotonic())
            await asyncio.sleep(SWEEP)
        else:
            self.looked_at = monotonic()

    async def _claim_some(self) -> None:
        room = {
            channel: 0 if self._behind else breaker.free_slots(len(self._in_flight[channel]), MOST)
            for channel, breaker in self.breakers.items()
        }
        messages: list[Message] = []
        if any(room.values()):
            with suppress(Unavailable):
                async with self._database.connection() as connection:
                    messages = await claim_due(connection, room["sms"], room["email"])
        for message in messages:
            self._send_and_collect(message)
        taken = Counter(message.channel for message in messages)
        self._full = any(taken[channel] == room[channel] for channel in taken)

    def _send_and_collect(self, message: Message) -> None:
        hand = self._in_flight[message.channel]

        async def send() -> None:
            await self._finished.put(await self._send.send_message(message))

        def done(task: asyncio.Task[None]) -> None:
            hand.discard(task)
            if self._full:  # so there may be more, and now there is room
                self._woken.set()

        task = asyncio.create_task(send())
        hand.add(task)
        task.add_done_callback(done)

    async def _record_outcomes(self) -> None:
        """Whatever has finished meanwhile goes into one statement; a `None` is the last."""
        last = False
        while not last:
            batch = [await self._finished.get()]
            while not self._finished.empty():
                batch.append(self._finished.get_nowait())
            last = None in batch
            await self._record_batch([outcome for outcome in batch if outcome])
            await asyncio.sleep(PAUSE)

    async def _record_batch(self, batch: list[DeliveryOutcome]) -> None:
        """Tried until PostgreSQL answers: what was sent must not be forgotten."""
        for wait in chain((0.0,), repeat(SWEEP)):
            await asyncio.sleep(wait)
            try:
                async with self._database.connection() as connection:
                    await record_outcomes(connection, batch)
            except Unavailable:
                self._behind = True
            except Exception:
                await self._record_each(batch)
                break
            else:
                break
        self._behind = False

    async def _record_each(self, batch: list[DeliveryOutcome]) -> None:
        """After a batch was refused: one that cannot be written down stops no other. Its claim runs
        out, and then the provider is asked what became of it.
        """
        if len(batch) > 1:
            for outcome in batch:
                await self._record_batch([outcome])
            return
        log.exception("what became of a message could not be written down",
                      extra={"delivery": str(batch[0].message.id)})  # fmt: skip
