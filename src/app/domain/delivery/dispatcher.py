"""The dispatcher: hands queued messages to their provider and writes down what became of them.

Every process runs one. A message is sent at least once and at most twice; whoever dies with one in
hand leaves it to the others, who ask the provider before they send it again.
"""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, repeat
from time import monotonic

from app.domain.delivery.breaker import Breaker
from app.domain.delivery.outbox import Message, Settled, claim, settle
from app.domain.delivery.sending import Compose, Sending
from app.domain.errors import Unavailable
from app.domain.ports import Database, Mail, TextMessages

log = logging.getLogger("app.dispatcher")

MOST = 50  # in hand at once of each channel
SWEEP = 1.0  # seconds between looks for what no wake-up told of


@dataclass(frozen=True, slots=True)
class Crash:
    """A bug of ours that stopped a look at the outbox, and when by `monotonic`."""

    name: str
    at: float


class Dispatcher:
    """`compose` turns a claimed row into words, code and all."""

    def __init__(
        self, database: Database, texts: TextMessages, mail: Mail, compose: Compose
    ) -> None:
        self._database = database
        self.breakers = {"sms": Breaker(), "email": Breaker()}
        self._send = Sending(texts, mail, compose, self.breakers)
        self._in_hand: dict[str, set[asyncio.Task[None]]] = {"sms": set(), "email": set()}
        self._finished: asyncio.Queue[Settled | None] = asyncio.Queue()
        self._woken = asyncio.Event()
        self._closing = False
        self._behind = False  # with writing down: nothing more is taken in hand meanwhile
        self._full = False  # the last claim took all it had room for
        self.looked_at = monotonic()
        self.crash: Crash | None = None

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
            await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), SWEEP)
        await asyncio.gather(*self._in_hand["sms"], *self._in_hand["email"])
        await self._finished.put(None)

    async def _look(self) -> None:
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
            channel: 0 if self._behind else breaker.room(len(self._in_hand[channel]), MOST)
            for channel, breaker in self.breakers.items()
        }
        messages: list[Message] = []
        if any(room.values()):
            with suppress(Unavailable):
                async with self._database.connection() as connection:
                    messages = await claim(connection, room["sms"], room["email"])
        for message in messages:
            self._take_in_hand(message)
        taken = Counter(message.channel for message in messages)
        self._full = any(taken[channel] == room[channel] for channel in taken)

    def _take_in_hand(self, message: Message) -> None:
        hand = self._in_hand[message.channel]

        async def send() -> None:
            await self._finished.put(await self._send(message))

        def done(task: asyncio.Task[None]) -> None:
            hand.discard(task)
            if self._full:  # so there may be more, and now there is room
                self._woken.set()

        task = asyncio.create_task(send())
        hand.add(task)
        task.add_done_callback(done)

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
            try:
                async with self._database.connection() as connection:
                    await settle(connection, batch)
            except Unavailable:
                self._behind = True
            except Exception:
                await self._write_each(batch)
                break
            else:
                break
        self._behind = False

    async def _write_each(self, batch: list[Settled]) -> None:
        """After a batch was refused: one that cannot be written down stops no other. Its claim runs
        out, and then the provider is asked what became of it.
        """
        if len(batch) > 1:
            for settled in batch:
                await self._write([settled])
            return
        log.exception("what became of a message could not be written down",
                      extra={"delivery": str(batch[0].message.id)})  # fmt: skip
