"""An account that was not used for 90 days: its number may have changed hands, so a code to its
address is asked for too, before the number opens it. Who cannot give that may take the number for a
new account.
"""

from dataclasses import dataclass
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Conflict, Refusal
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.users import give_up, lock_contacts
from app.domain.limit_refusals import TooSoon
from app.domain.limits import Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database
from app.domain.signup.accounts import Account, ProveAgain, drop_phone, find_account, sql
from app.domain.signup.finish import SignupCompletion, existing_account, record_signup
from app.domain.signup.signup import Signup, Step
from app.domain.verification.checking import check_code
from app.domain.verification.pending import PendingCode, waits_at
from app.domain.verification.sending import CodeSent, request_once, resend_code
from app.domain.verification.unsent import own_wait, start_unsent
from app.domain.verification.verification import Challenge, Verifications

PURPOSE = "login"  # what the codes are for


@dataclass(frozen=True, slots=True)
class OwnedNumber:
    """The account of the proved number, and where its owner reads mail. `proved_lately`: within the
    time that the code there counts, which is how long the number alone may be given up by.
    """

    account: Account
    email: str
    unused: bool
    proved_lately: bool


class StillUsed(Conflict):
    """The owner signed in while this page was open."""

    code = "still_used"
    message = _(
        "That account was used a moment ago, so it keeps its number. Enter the code from the"
        " e-mail, or use a different number."
    )


class DormantAccounts:
    def __init__(
        self, database: Database, mailboxes: Verifications, completion: SignupCompletion
    ) -> None:
        self._database, self._mailboxes, self._completion = database, mailboxes, completion

    async def request_code(self, signup: Signup, origin: Origin) -> None:
        """Mails a code to the owner. Over a limit, or too soon after another mail, one waits that
        can be sent later. Raises `ProveAgain` for a number that was proved too long ago.
        """
        async with self._database.transaction() as connection:
            owned = await _find_owned_number(connection, signup)
            await connection.execute(*sql.doubt_phone(user_id=owned.account.id))
        codes, challenge = self._mailboxes, Challenge(signup.id, PURPOSE, origin)

        async def leave_unsent(limit: Refusal) -> bool:
            newest = await codes.find_pending(challenge)
            return waits_at(newest, owned.email) or await start_unsent(
                codes, challenge, owned.email
            )

        await request_once(codes, challenge, EmailAddress(owned.email), leave_unsent)

    async def find_pending(self, signup: Signup, origin: Origin) -> PendingCode | None:
        """The code that was mailed and not used yet."""
        newest = await self._mailboxes.find_pending(Challenge(signup.id, PURPOSE, origin))
        return None if newest is None or newest.consumed else newest

    async def resend_code(self, signup: Signup, pending: PendingCode, origin: Origin) -> CodeSent:
        """Raises what `resend_code` does. What else was sent to the owner is not told."""
        challenge = Challenge(signup.id, PURPOSE, origin)
        try:
            return await resend_code(self._mailboxes, challenge, EmailAddress(pending.destination))
        except TooSoon:
            raise own_wait(self._mailboxes, pending) from None

    async def submit_code(
        self, signup: Signup, pending: PendingCode, raw: str, device: Device
    ) -> Outcome[Step] | None:
        """None when the code was used already, or when an identity waits: then the person is asked
        whether to link it. Raises what `check_code` does, and `ProveAgain`.
        """
        challenge = Challenge(signup.id, PURPOSE, device.origin)
        await check_code(self._mailboxes, challenge, pending, raw)
        async with self._database.transaction() as connection:
            owned = await _find_owned_number(connection, signup)
            if owned.email != pending.destination:
                raise ProveAgain(Step.PHONE)
            if not await self._mailboxes.consume_code(connection, pending):
                return None
            await connection.execute(*sql.end_dormancy(user_id=owned.account.id))
            await record_signup(connection, AuditEvent.LOGIN_OWNER_PROVED, signup, device.origin)
            if signup.identity:
                return None
            opened = await self._completion.open_existing(connection, signup, owned.account, device)
        return existing_account(opened)

    async def release_number(self, signup: Signup, device: Device) -> Outcome[Step] | None:
        """The account is without the number from now on, which its owner is told, and the sign-up
        has it to itself. It is not kept as a change: nothing gives the number back to that account
        but a proof of it. None when the sign-up goes on, also for the same form a second time.
        Raises `StillUsed`, `ProveAgain`, `NotUnique`.
        """
        async with self._database.transaction() as connection:
            try:
                owned = await _find_owned_number(connection, signup)
            except ProveAgain:
                if await find_account(connection, signup.number.e164):
                    raise
                return None
            if not owned.unused:
                raise StillUsed
            if not owned.proved_lately:
                raise ProveAgain(Step.PHONE)
            await self._give_up(connection, signup, owned.account.id, device.origin)
            return await self._completion.complete_by_identity(connection, signup, device)

    async def forget_proof(self, signup: Signup, origin: Origin) -> None:
        """The number is to be proved anew."""
        async with self._database.transaction() as connection:
            await drop_phone(connection, signup.id)
            await record_signup(connection, AuditEvent.SIGNUP_PROOF_REFUSED, signup, origin)

    async def _give_up(
        self, connection: Connection, signup: Signup, owner: UUID, origin: Origin
    ) -> None:
        await give_up(connection, await lock_contacts(connection, owner), "phone")
        await record(
            connection,
            AuditEvent.ACCOUNT_PHONE_RELEASED,
            user_id=owner,
            flow_id=signup.id,
            network=origin.network,
        )
        await queue_notice(connection, "phone_released", owner, origin)


async def _find_owned_number(connection: Connection, signup: Signup) -> OwnedNumber:
    row = await connection.fetchrow(*sql.find_owned_number(flow_id=signup.id))
    if row is None or row["email"] is None:
        raise ProveAgain(Step.PHONE)
    return OwnedNumber(Account.from_row(row), row["email"], row["unused"], row["proved_lately"])
