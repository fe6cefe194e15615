"""Recovery: e-mail, its code, a new password. All of its rules are here.

Nothing that is answered before the address is proved depends on whether it has an account: the
message alone does, and it goes to whoever reads that mailbox.
"""

from typing import Protocol

from app.domain.audit import AuditEvent, record
from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database
from app.domain.recovery.recovery import Ending, PasswordReset, Recovery, Step
from app.domain.verification.checking import check_code
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.sending import CodeSent
from app.domain.verification.unsent import UnsentCodes
from app.domain.verification.verification import (
    Challenge,
    NextFlowId,
    Verifications,
    find_rotated_flow,
    rotate_codes,
)

PURPOSE = "recovery"


class Signups(Protocol):
    """What else may be under way in a flow, and goes on with it under another id."""

    async def rotate_draft(
        self, connection: Connection, flow_id: bytes, new_flow_id: bytes
    ) -> None: ...
    async def forget_draft(self, flow_id: bytes) -> None: ...


class RecoveryFlow:
    """Each method is what a person does at one step; it refuses what is not the current one.
    `codes` are the mails it is done by.
    """

    def __init__(
        self,
        database: Database,
        mailboxes: Verifications,
        reset: PasswordReset,
        signups: Signups,
    ) -> None:
        self._database, self.codes, self._reset = database, mailboxes, reset
        self._signups, self._unsent = signups, UnsentCodes(mailboxes)

    async def load_recovery(self, flow_id: bytes, origin: Origin) -> Recovery:
        """The recovery this flow has come to."""
        challenge = Challenge(flow_id, PURPOSE, origin)
        newest = await self.codes.find_pending(challenge)
        went_on = None if newest else await self._was_rotated(flow_id, origin)
        return went_on or Recovery(flow_id, await self._unsent.count_unsent(challenge, newest))

    async def submit_email(
        self, recovery: Recovery, typed: str, origin: Origin, *, as_typed: bool, changing: bool
    ) -> Outcome[Step]:
        """Mails a code, or to an address without an account that there is none. Over a limit
        nothing is sent and nothing looks different. Raises `BadEmail`, `LikelyTypo`, `OutOfStep`.
        """
        if recovery.step is Step.PASSWORD and not changing:
            raise OutOfStep(recovery.step)
        email = EmailAddress.parse(typed, as_typed=as_typed)
        await self._unsent.request_code(_challenge(recovery, origin), email)
        return Outcome(Step.EMAIL_CODE)

    async def submit_email_code(
        self, recovery: Recovery, raw: str, origin: Origin, next_flow_id: NextFlowId
    ) -> Outcome[Step]:
        """Proves the address; the flow goes on under the id that `next_flow_id` says. Raises what
        `check_code` does.
        """
        pending = self.require_pending_code(recovery)
        new_flow_id = next_flow_id(pending.id)
        try:
            await check_code(self.codes, _challenge(recovery, origin), pending, raw)
        except NoCode:
            faster = await self.load_recovery(new_flow_id, origin)
            raise OutOfStep(faster.step) if faster.newest else NoCode from None
        if await self._apply_proof(recovery, pending, new_flow_id, origin):
            await self._signups.forget_draft(recovery.id)
            return Outcome(Step.PASSWORD, is_rotated=True)
        # A right code with which another request was faster has the same result.
        faster = await self.load_recovery(new_flow_id, origin)
        if faster.newest is None:  # no, a newer one was asked for
            faster = await self.load_recovery(recovery.id, origin)
        if faster.step is not Step.PASSWORD:
            raise OutOfStep(faster.step)
        return Outcome(Step.PASSWORD, is_rotated=True)

    async def submit_password(self, recovery: Recovery, raw: str, device: Device) -> Outcome[Step]:
        """Changes the password, once, and ends every session; opens none: proving the address alone
        never is a sign-in. Raises what `PasswordReset` does.
        """
        result = await self._reset.reset_password(recovery, raw, device)
        over = result.ending is not Ending.NO_ACCOUNT
        return Outcome(None if over else Step.EMAIL, notices=(result.ending, *result.taken_back))

    async def resend_code(self, recovery: Recovery, origin: Origin) -> CodeSent:
        """The same code again, or a new one when that would not help. What others have used up
        looks like a send. Raises what `resend_code` does.
        """
        pending = self.require_pending_code(recovery)
        challenge, mailbox = _challenge(recovery, origin), EmailAddress(pending.destination)
        return await self._unsent.resend_code(challenge, mailbox, pending)

    def require_pending_code(self, recovery: Recovery) -> PendingCode:
        """The code the flow waits for. Raises `OutOfStep` when it waits for none."""
        if recovery.newest is None or recovery.step is not Step.EMAIL_CODE:
            raise OutOfStep(recovery.step)
        return recovery.newest

    async def _was_rotated(self, flow_id: bytes, origin: Origin) -> Recovery | None:
        """Under its old id a recovery waits for its code again, until it has changed a password."""
        async with self._database.connection() as connection:
            went = await find_rotated_flow(connection, self.codes.channel, flow_id, PURPOSE)
        proof = await self.codes.find_pending(Challenge(went[1], PURPOSE, origin)) if went else None
        if proof is None or proof.user_id:
            return None
        return Recovery(flow_id, proof, was_rotated=True)

    async def _apply_proof(
        self, recovery: Recovery, pending: PendingCode, new_flow_id: bytes, origin: Origin
    ) -> bool:
        """False when the code was used already."""
        async with self._database.transaction() as connection:
            if not await self.codes.consume_code(connection, pending):
                return False
            await rotate_codes(connection, self.codes.channel, recovery.id, new_flow_id, pending.id)
            await self._signups.rotate_draft(connection, recovery.id, new_flow_id)
            await record(
                connection,
                AuditEvent.RECOVERY_EMAIL_PROVED,
                flow_id=new_flow_id,
                network=origin.network,
            )
            return True


def _challenge(recovery: Recovery, origin: Origin) -> Challenge:
    return Challenge(recovery.id, PURPOSE, origin)
