"""Admission: a message is queued when every limit has room for it; a limit that fires is told."""

from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from uuid import UUID

from app.domain.audit.events import record
from app.domain.delivery.allowance import Allowance, Allowed, Repeated
from app.domain.errors import Refusal, TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import TextsStopped
from app.domain.ports import Connection, Record
from app.domain.verification.asker import Asker
from app.domain.verification.channel import Channel
from app.domain.verification.guesses import TooManyInARow
from app.domain.verification.means import Means

# Runs a statement made of `QUEUED`; takes whether the floor was asked, and whether it is counted.
Queue = Callable[[Connection, bool, bool], Coroutine[Any, Any, Record]]


class Admission:
    """Of one channel's messages."""

    def __init__(self, channel: Channel, means: Means) -> None:
        self._channel, self._means = channel, means
        self._allowance = Allowance(means.memory, means.limits)

    async def queued(
        self, asker: Asker, to: Phone | EmailAddress, message_id: UUID, queue: Queue, once: str = ""
    ) -> UUID | None:
        """What `queue` has queued a message for, if it has. Raises what `Allowance.take` does, and
        `TooManyInARow`.
        """
        try:
            allowed = await self._allowance.take(to, asker.origin, str(message_id), once)
            return await self._queued(allowed, queue)
        except Repeated:  # the same form sent twice is no event
            raise
        except (TooMany, TextsStopped) as limit:
            await self._record(asker, limit)
            raise

    async def _queued(self, allowed: Allowed, queue: Queue) -> UUID | None:
        """Room that was taken for a message which was then not queued is given back."""
        queued = None
        try:
            queued = await self._asked(allowed, queue)
        finally:
            if queued is None:
                await self._allowance.give_back(allowed)
            else:
                self._means.wake()
        return queued

    async def _asked(self, allowed: Allowed, queue: Queue) -> UUID | None:
        """In one statement while the short memory knows all; it does nothing where that does not. A
        send of this very moment, in a process that finds the memory silent, is not seen here.
        """
        if not allowed.asks_floor:
            async with self._means.database.connection() as connection:
                answer = await queue(connection, False, True)
            if answer["locked"] or not answer["asks_floor"]:
                return self._id_in(answer)
        async with self._means.database.transaction() as connection:
            await self._allowance.check_floor(connection, allowed)
            return self._id_in(await queue(connection, True, not allowed.alone))

    def _id_in(self, answer: Record) -> UUID | None:
        if answer["locked"]:
            raise TooManyInARow(self._channel)
        queued: UUID | None = answer["id"]
        return queued

    async def _record(self, asker: Asker, limit: Refusal) -> None:
        with suppress(Unavailable):  # the person is refused either way
            async with self._means.database.connection() as connection:
                await record(
                    connection,
                    f"{asker.purpose}:send_refused",
                    flow_id=asker.flow_id,
                    network=asker.origin.network,
                    limit=limit.code,
                )
