"""Sending again: the same code where that helps, else a new one; once a press of the button."""

import asyncio
from typing import Protocol
from uuid import UUID

from app.domain.delivery.allowance import Press, Repeated
from app.domain.delivery.outbox import Progress
from app.domain.errors import TooMany
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import TextsStopped
from app.domain.verification.asker import Asker
from app.domain.verification.channel import Channel
from app.domain.verification.guesses import NoCode, Pending

LOOKS = 20  # for what another request is about to commit
BETWEEN = 0.05  # seconds
APART = 1.0  # seconds; a message this much younger than its code is not the first with it


class Codes(Protocol):
    """What of `Verifications` is needed."""

    channel: Channel

    async def pending(self, asker: Asker) -> Pending | None: ...
    async def progress(self, pending: Pending) -> Progress | None: ...
    async def resend(
        self, asker: Asker, to: Phone | EmailAddress, once: str = ""
    ) -> UUID | None: ...
    async def start(
        self, asker: Asker, to: Phone | EmailAddress, once: str = ""
    ) -> UUID | None: ...


class Again:
    """One press of the button, which may arrive several times."""

    def __init__(self, codes: Codes, asker: Asker, to: Phone | EmailAddress, known: str) -> None:
        self._codes, self._asker, self._to, self._known = codes, asker, to, known

    async def __call__(self) -> None:
        """Raises `NoCode` when the code was used meanwhile, else as a first one."""
        before = await self._codes.pending(self._asker)
        press = Press(f"{self._asker.flow_id.hex()}:{self._asker.purpose}:again")
        try:
            await self._send(before, press)
        except Repeated:
            if not await self._is_sent():
                await self._send(before, "")
        except (TooMany, TextsStopped):
            # Where the short memory is silent, only what was sent tells a repetition.
            if not await self._was_sent_again(before):
                raise

    async def _send(self, before: Pending | None, once: str) -> None:
        unused = before and not before.consumed and before.destination == self._known
        if before and unused and before.worth_sending_again:
            if await self._codes.resend(self._asker, self._to, once):
                return
            # A new one now would take back what the old one has just proved.
            now = await self._codes.pending(self._asker)
            if now is None or now.consumed:
                raise NoCode
        await self._codes.start(self._asker, self._to, once)

    async def _is_sent(self) -> bool:
        """Another request is at it: whether that one, in a while, commits a code that can be used.
        It cannot when it was spent since: then this is no repetition.
        """
        for _ in range(LOOKS):
            pending = await self._codes.pending(self._asker)
            if pending and pending.worth_sending_again:
                newest = await self._codes.progress(pending)
                if newest and newest.age < Press.seconds:
                    return True
            await asyncio.sleep(BETWEEN)
        return False

    async def _was_sent_again(self, before: Pending | None) -> bool:
        """A moment ago, after the first message, or with a new code."""
        now = await self._codes.pending(self._asker)
        newest = await self._codes.progress(now) if now else None
        if now is None or newest is None or newest.age >= Press.seconds:
            return False
        age_of_code = self._codes.channel.lifetime.total_seconds() - now.seconds_left
        return before is None or now.id != before.id or newest.age + APART < age_of_code
