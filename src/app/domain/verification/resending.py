"""Sending again: the same code where that helps, else a new one."""

from typing import Protocol
from uuid import UUID

from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.verification.asker import Asker
from app.domain.verification.guesses import NoCode, Pending


class Codes(Protocol):
    """What of `Verifications` is needed."""

    async def pending(self, asker: Asker) -> Pending | None: ...
    async def resend(self, asker: Asker, to: Phone | EmailAddress) -> UUID | None: ...
    async def start(self, asker: Asker, to: Phone | EmailAddress) -> UUID | None: ...


async def send_again(
    codes: Codes, asker: Asker, to: Phone | EmailAddress, destination: str
) -> None:
    """Raises `NoCode` when the code was used meanwhile, else as a first one."""
    before = await codes.pending(asker)
    here = before and not before.consumed and before.destination == destination
    if before and here and before.worth_sending_again:
        if await codes.resend(asker, to):
            return
        # A new one now would take back what the old one has just proved.
        now = await codes.pending(asker)
        if now is None or now.consumed:
            raise NoCode
    await codes.start(asker, to)
