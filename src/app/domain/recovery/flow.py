"""Recovery: e-mail, its code, a new password. All of its rules are here.

Nothing that is answered before the address is proved depends on whether it has an account: the
message alone does, and it goes to whoever reads that mailbox.
"""

from app.domain.audit.events import record
from app.domain.credentials.device import Device
from app.domain.delivery.allowance import Repeated
from app.domain.errors import OutOfStep, TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import Origin
from app.domain.ports import Database
from app.domain.recovery.recovery import Ending, Recovery, Step
from app.domain.recovery.reset import Reset
from app.domain.verification.asker import Asker
from app.domain.verification.asking import is_asked, start_unsent
from app.domain.verification.guesses import Pending
from app.domain.verification.verifications import Verifications

PURPOSE = "recovery"


class RecoveryFlow:
    """Each method is what a person does at one step; it refuses what is not the current one.
    `codes` are the letters it is done by.
    """

    def __init__(self, database: Database, mailboxes: Verifications, reset: Reset) -> None:
        self._database, self.codes, self._reset = database, mailboxes, reset

    async def load(self, flow_id: bytes, origin: Origin) -> Recovery:
        """The recovery this flow has come to."""
        asker = Asker(flow_id, PURPOSE, origin)
        return Recovery(flow_id, await self.codes.pending(asker))

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

    async def submit_email_code(self, recovery: Recovery, raw: str, origin: Origin) -> None:
        """Proves the address. Raises what `Verifications.check` does."""
        pending = self.waiting(recovery)
        asker = Asker(recovery.id, PURPOSE, origin)
        await self.codes.check(asker, pending, raw)
        async with self._database.transaction() as connection:
            proved = await self.codes.consume(connection, pending)
            if proved:
                await record(
                    connection,
                    "recovery:email_proved",
                    flow_id=recovery.id,
                    network=origin.network,
                )
        if not proved:  # another request with the same code was faster: its result is this one's
            raise OutOfStep((await self.load(recovery.id, origin)).step)

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
