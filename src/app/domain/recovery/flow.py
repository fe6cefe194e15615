"""Recovery: e-mail, its code, a new password. All of its rules are here.

Nothing that is answered before the address is proved depends on whether it has an account: the
message alone does, and it goes to whoever reads that mailbox.
"""

from typing import Protocol

from app.domain.audit.events import record
from app.domain.credentials.device import Device
from app.domain.delivery.allowance import Repeated
from app.domain.errors import OutOfStep, TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import Origin
from app.domain.ports import Connection, Database
from app.domain.recovery.recovery import Ending, Recovery, Step
from app.domain.recovery.reset import Reset
from app.domain.verification.asker import Asker
from app.domain.verification.asking import is_asked, start_unsent
from app.domain.verification.guesses import NoCode, Pending
from app.domain.verification.renewal import Renewal, move, moved
from app.domain.verification.verifications import Verifications

PURPOSE = "recovery"


class Signups(Protocol):
    """What else may be under way in a flow, and goes on with it under another id."""

    async def move(self, connection: Connection, flow_id: bytes, became: bytes) -> None: ...
    async def forget(self, flow_id: bytes) -> None: ...


class RecoveryFlow:
    """Each method is what a person does at one step; it refuses what is not the current one.
    `codes` are the letters it is done by.
    """

    def __init__(
        self, database: Database, mailboxes: Verifications, reset: Reset, signups: Signups
    ) -> None:
        self._database, self.codes, self._reset = database, mailboxes, reset
        self._signups = signups

    async def load(self, flow_id: bytes, origin: Origin) -> Recovery:
        """The recovery this flow has come to."""
        newest = await self.codes.pending(Asker(flow_id, PURPOSE, origin))
        return Recovery(flow_id, newest) if newest else await self._moved(flow_id, origin)

    async def submit_email(
        self, recovery: Recovery, typed: str, origin: Origin, *, as_typed: bool, changing: bool
    ) -> None:
        """Mails a code, or to an address without an account that there is none. Over a limit
        nothing is sent and nothing looks different. Raises `BadEmail`, `LikelyTypo`, `OutOfStep`.
        """
        if recovery.step is Step.PASSWORD and not changing:
            raise OutOfStep(recovery.step)
        email = EmailAddress.parse(typed, as_typed=as_typed)
        asker = Asker(recovery.id, PURPOSE, origin)
        once = f"{PURPOSE}:{recovery.id.hex()}:{email.value}"
        if await self._asked(asker, email, once):
            return
        # No repetition: something else was asked for or proved in between.
        if not await self._asked(asker, email, ""):
            raise Unavailable

    async def submit_email_code(
        self, recovery: Recovery, raw: str, origin: Origin, renewal: Renewal
    ) -> None:
        """Proves the address; the flow goes on under the id that `renewal` says. Raises what
        `Verifications.check` does.
        """
        pending = self.waiting(recovery)
        became = renewal(pending.id)
        try:
            await self.codes.check(Asker(recovery.id, PURPOSE, origin), pending, raw)
        except NoCode:
            faster = await self.load(became, origin)
            raise OutOfStep(faster.step) if faster.newest else NoCode from None
        if await self._proved(recovery, pending, became, origin):
            await self._signups.forget(recovery.id)
            return
        # A right code with which another request was faster has the same result.
        faster = await self.load(became, origin)
        if faster.newest is None:  # no, a newer one was asked for
            faster = await self.load(recovery.id, origin)
        if faster.step is not Step.PASSWORD:
            raise OutOfStep(faster.step)

    async def resend(self, recovery: Recovery, origin: Origin) -> None:
        """The same code again, or a new one when that would not help. Raises what
        `Verifications.send` does.
        """
        to = EmailAddress(self.waiting(recovery).destination)
        await self.codes.send(Asker(recovery.id, PURPOSE, origin), to)

    async def submit_password(self, recovery: Recovery, raw: str, device: Device) -> Ending:
        """Changes the password, once, and ends every session; opens none. Raises what `Reset`
        does.
        """
        return await self._reset(recovery, raw, device)

    def waiting(self, recovery: Recovery) -> Pending:
        """The code the flow waits for. Raises `OutOfStep` when it waits for none."""
        if recovery.newest is None or recovery.step is not Step.EMAIL_CODE:
            raise OutOfStep(recovery.step)
        return recovery.newest

    async def _moved(self, flow_id: bytes, origin: Origin) -> Recovery:
        """Under its old id a recovery waits for its code again, until it has changed a password."""
        async with self._database.connection() as connection:
            went = await moved(connection, self.codes.channel, flow_id, PURPOSE)
        proof = await self.codes.pending(Asker(went[1], PURPOSE, origin)) if went else None
        if proof is None or proof.user_id:
            return Recovery(flow_id)
        return Recovery(flow_id, proof, has_moved=True)

    async def _proved(
        self, recovery: Recovery, pending: Pending, became: bytes, origin: Origin
    ) -> bool:
        """False when the code was used already."""
        async with self._database.transaction() as connection:
            if not await self.codes.consume(connection, pending):
                return False
            await move(connection, self.codes.channel, recovery.id, became, pending.id)
            await self._signups.move(connection, recovery.id, became)
            await record(
                connection, "recovery:email_proved", flow_id=became, network=origin.network
            )
            return True

    async def _asked(self, asker: Asker, email: EmailAddress, once: str) -> bool:
        """Whether the flow waits for a code to there now, however often the same form arrives."""
        try:
            if await self.codes.start(asker, email, once):
                return True
        except Repeated:
            pass
        except TooMany:
            return await self._asked_unsent(asker, email)
        return await is_asked(self.codes, asker, email.value)

    async def _asked_unsent(self, asker: Asker, email: EmailAddress) -> bool:
        """Over a limit (contract 9.9). A code on its way there stays good; else there is one that
        may be sent when the limit has room again.
        """
        if await is_asked(self.codes, asker, email.value, looks=1):
            return True
        async with self._database.connection() as connection:
            return await start_unsent(connection, self.codes.channel, asker, email.value)
