"""The dispatcher: claims queued messages, and has them sent and what became of them written down.

Every process runs one. A code may go out twice at most, a notice seven times; what surely did not
is tried for as long as it helps. Whoever dies with one in hand leaves it to the others, who ask its
sender before they send it again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from app.domain.concurrency import Lazy
from app.domain.delivery.calls import Call, NoCalls, PhoneCalls
from app.domain.delivery.outbox import Message, claim_due
from app.domain.delivery.senders import MOST, Sender, Senders
from app.domain.delivery.sending import PAUSE, SWEEP, Compose, MessageSender, OutcomeRecorder
from app.domain.errors import Unavailable
from app.domain.ports import Database, Dependency, Email, Mail, Text, TextMessages
from app.domain.tracing import Tracer

log = logging.getLogger("app.dispatcher")


@dataclass(frozen=True, slots=True)
class Crash:
    """A bug of ours that stopped a look at the outbox, and when by `monotonic`."""

    name: str
    at: float


class Dispatcher:
    def __init__(
        self,
        database: Database,
        texts: Senders[TextMessages],
        mail: Senders[Mail],
        compose: Compose,
        calls: Senders[PhoneCalls] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        """Without `calls` nobody can be called."""
        self._database, self.texts, self.mail = database, texts, mail
        self._recorder = OutcomeRecorder(database)
        nobody = Sender(Lazy[PhoneCalls](NoCalls), Dependency("nobody", ""))
        senders: dict[type, Senders[Any]] = {
            Text: texts,
            Email: mail,
            Call: calls or Senders(nobody),
        }
        self._sender = MessageSender(database, self._recorder, compose, senders, tracer)
        self._in_flight: dict[str, set[asyncio.Task[None]]] = {"sms": set(), "email": set()}
        self._woken = database.message_queued
        self._closing = False
        self._full = False  # the last claim took all it had room for
        self.looked_at = monotonic()
        self.crash: Crash | None = None

    async def run(self) -> None:
        """Until `close`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._recorder.run())
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
        await self._recorder.put(None)

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
        texts, mail = self.texts.next, self.mail.next
        room = {"sms": self._room("sms", self.texts), "email": self._room("email", self.mail)}
        messages: list[Message] = []
        if any(room.values()):
            with suppress(Unavailable):
                async with self._database.connection() as connection:
                    messages = await claim_due(
                        connection, room["sms"], room["email"], texts.name, mail.name
                    )
        for message in messages:
            self._start(message.channel, self._sender.send_and_record(message))
        taken = Counter(message.channel for message in messages)
        self._full = any(taken[channel] == room[channel] for channel in taken)

    def _room(self, channel: str, senders: Senders[Any]) -> int:
        """How many more may be claimed; they are for the next sender. One who hangs keeps its own
        messages, and no other's place.
        """
        in_all = MOST * len(senders.all) - len(self._in_flight[channel])
        return 0 if self._recorder.is_behind else min(senders.next.room, in_all)

    def _start(self, channel: str, sending: Coroutine[Any, Any, None]) -> None:
        def done(task: asyncio.Task[None]) -> None:
            self._in_flight[channel].discard(task)
            if self._full:  # so there may be more, and now there is room
                self._woken.set()

        task = asyncio.create_task(sending)
        self._in_flight[channel].add(task)
        task.add_done_callback(done)
