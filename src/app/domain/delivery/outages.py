"""What processes tell each other of senders in trouble: one that finds out spares the others."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

from app.domain.delivery.breaker import REST
from app.domain.delivery.senders import Sender
from app.domain.errors import Unavailable
from app.domain.ports import ShortMemory

log = logging.getLogger("app.sending")

EVERY = 1.0  # seconds between two looks
SPARED = 2.5 * EVERY  # seconds that what was seen counts: until the next look but one
# Whoever found it out tries again after its rest, for as long as one try may take; the others wait
# for what comes of it. Without news, each finds out by itself again.
LIFETIME = timedelta(seconds=2 * REST)


class SharedOutages:
    """Where the short memory is silent, each process goes by what it has seen itself."""

    def __init__(self, memory: ShortMemory, senders: Sequence[Sender[Any]]) -> None:
        self._memory, self._senders = memory, senders
        self._name = uuid4().bytes
        self._written: dict[str, float] = {}  # when that failed which others were told of

    async def exchange(self) -> None:
        for sender in self._senders:
            with suppress(Unavailable):
                await self._exchange(sender)

    async def _exchange(self, sender: Sender[Any]) -> None:
        key, breaker = f"sender-down:{sender.name}", sender.breaker
        if breaker.has_failed_too_often and breaker.failed_at != self._written.get(key):
            log.warning("sender left alone", extra={"sender": sender.name, "reason": breaker.words})
            self._written[key] = breaker.failed_at
            await self._memory.put(key, self._name, LIFETIME)
        elif key in self._written and not breaker.has_failed_too_often:
            log.warning("sender used again", extra={"sender": sender.name})
            del self._written[key]
            await self._memory.take(key)
        elif await self._memory.get(key) not in (None, self._name):
            breaker.spare(SPARED)
