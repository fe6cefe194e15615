"""What a right code or a provider's word does to a sign-up, each in one transaction of its own."""

import secrets
from contextlib import suppress
from dataclasses import replace as replace_fields
from uuid import UUID

from msgspec.structs import replace

from app.domain.audit import AuditEvent
from app.domain.blocks import DomainBlocked
from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep, TooMany, Unavailable
from app.domain.federation.proofs import (
    end_identity,
    find_pending_in_other_browser,
    hand_over_identity,
    has_recent_identity,
    keep_identity,
    link_own_identity,
)
from app.domain.i18n import _
from app.domain.identity.provider import ExternalIdentity, InvalidGrant
from app.domain.limit_refusals import name_limit
from app.domain.limits import HOUR, LimitTable, Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database, NotUnique, ShortMemory
from app.domain.signup.accounts import (
    Account,
    EmailTaken,
    ProveAgain,
    account_proved_now,
    drop_earlier,
    drop_email,
    drop_phone,
    find_account,
    vouch_for_email,
)
from app.domain.signup.drafts import Drafts, rotate_contacts, rotate_flow
from app.domain.signup.finish import BY_PHONE, SignupCompletion, existing_account, record_signup
from app.domain.signup.signup import Signup, Step
from app.domain.verification.codes import NONCE_BYTES
from app.domain.verification.pending import PendingCode
from app.domain.verification.verification import Verifications

# Someone comes with an identity of a provider: what waits in the browser is theirs, or ends.


async def apply_identity(
    connection: Connection,
    flow_id: bytes,
    new_flow_id: bytes,
    proof: UUID,
    external_identity: ExternalIdentity,
) -> bytes | None:
    """The flow goes on as `new_flow_id`, with the identity as `proof`, and with what the same
    identity has proved in another browser within ten minutes: that flow is returned, which has to
    prove it again.
    """
    waited = await end_identity(connection, flow_id)
    if waited is None:
        await drop_earlier(connection, flow_id)
    elif waited != external_identity.key:
        await drop_phone(connection, flow_id)
        await drop_email(connection, flow_id)
    await rotate_contacts(connection, flow_id, new_flow_id)
    other_flow_id = await find_pending_in_other_browser(connection, external_identity)
    await keep_identity(connection, new_flow_id, proof, external_identity)
    if external_identity.email and external_identity.email_verified:
        nonce = secrets.token_bytes(NONCE_BYTES)
        await vouch_for_email(connection, new_flow_id, external_identity.email, nonce)
    if other_flow_id:
        await drop_earlier(connection, other_flow_id)
        await rotate_contacts(connection, other_flow_id, new_flow_id)
    return other_flow_id


class TooManyNewIdentities(TooMany):
    code = "too_many_identities"
    message = _("Too many sign-ups like that began here. Try again in an hour, or use your number.")

    def __init__(self) -> None:
        super().__init__(retry_after=HOUR)


class SignupProofs:
    """With an identity in it, the last proof finishes a sign-up: no password is asked for."""

    def __init__(
        self,
        database: Database,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        completion: SignupCompletion,
        memory: ShortMemory,
        limits: LimitTable,
    ) -> None:
        self._database, self._drafts = database, drafts
        self._memory, self._limits = memory, limits
        self._phones, self._mailboxes, self._completion = phones, mailboxes, completion

    async def apply_phone_proof(
        self, signup: Signup, pending: PendingCode, device: Device, new_flow_id: bytes
    ) -> Outcome[Step] | None:
        """None when the code was used already."""
        try:
            async with self._database.transaction() as connection:
                if not await self._phones.consume_code(connection, pending):
                    return None
                account = await find_account(connection, pending.destination)
                opened = account and await self._open_account(connection, signup, account, device)
                if opened:
                    return opened
                adopted = await rotate_flow(
                    connection, signup.id, new_flow_id, pending.id, device.origin
                )
                renewed = replace(signup, id=new_flow_id)
                if account is None:
                    finished = await self._complete_signup(connection, renewed, device)
        except NotUnique:
            return None  # the identity got an account at this very moment
        await self._drafts.forget_draft(signup.id)
        if account:
            return Outcome((await self._drafts.rebuild_draft(new_flow_id)).step)
        return finished or await self._save_and_continue(renewed.with_phone_proof(adopted))

    async def apply_email_proof(
        self, signup: Signup, pending: PendingCode, device: Device
    ) -> Outcome[Step] | None:
        """None when the code was used already. Raises `EmailTaken`. Where it finishes nothing, one
        statement is all.
        """
        database, event = self._database, AuditEvent.SIGNUP_EMAIL_PROVED
        try:
            async with (
                database.transaction() if signup.identity else database.connection()
            ) as connection:
                if not await self._mailboxes.consume_code(
                    connection, pending, event, device.origin
                ):
                    return None
                finished = await self._complete_signup(connection, signup, device)
        except NotUnique:
            return None
        proved = finished or await self._save_and_continue(
            signup.with_email_proof(pending.destination)
        )
        if proved.next_step is Step.EMAIL:
            raise EmailTaken
        return proved

    async def apply_identity(
        self,
        signup: Signup,
        external_identity: ExternalIdentity,
        device: Device,
        proof: UUID,
        new_flow_id: bytes,
    ) -> Outcome[Step]:
        """The sign-up goes on as `new_flow_id`, as after any proof of who someone is. Raises
        `TooManyNewIdentities`.
        """
        await self._take_room(proof, device.origin)
        external_identity = await self._without_blocked_email(external_identity)
        renewed = replace(signup, id=new_flow_id)
        try:
            async with self._database.transaction() as connection:
                other_flow_id = await apply_identity(
                    connection, signup.id, renewed.id, proof, external_identity
                )
                await record_signup(
                    connection, AuditEvent.SIGNUP_IDENTITY_PROVED, renewed, device.origin
                )
                finished = await self._completion.complete_by_identity(connection, renewed, device)
        except NotUnique:
            raise InvalidGrant from None  # by now it opens an account
        for flow_id in (signup.id, other_flow_id):
            if flow_id:
                await self._drafts.forget_draft(flow_id)
        return finished or Outcome((await self._drafts.rebuild_draft(renewed.id)).step)

    async def _without_blocked_email(self, external_identity: ExternalIdentity) -> ExternalIdentity:
        """The provider's word proves no address that is kept out: another is asked for."""
        try:
            blocks = self._mailboxes.dependencies.limiter.blocks
            await blocks.check_domain(external_identity.email or "")
        except DomainBlocked:
            return replace_fields(external_identity, email_verified=False)
        return external_identity

    async def _take_room(self, proof: UUID, origin: Origin) -> None:
        tallies = (
            self._limits.new_identities_per_address.tally(f"identities:{origin.address}"),
            self._limits.new_identities_per_network.tally(f"identities:{origin.network}"),
        )
        with suppress(Unavailable):  # the provider makes a flood of them slow enough meanwhile
            reached = (await self._memory.count(tallies, str(proof))).reached
            if reached:
                limit = ("new_identities_per_address", "new_identities_per_network")[reached.index]
                raise name_limit(TooManyNewIdentities(), limit)

    async def apply_link(self, signup: Signup, device: Device, *, linking: bool) -> Outcome[Step]:
        """Into the account of the number that was proved some minutes ago. The number alone links
        nothing, as it may have changed hands: the identity waits in the session for another proof.
        Raises `ProveAgain`, `OutOfStep`.
        """
        async with self._database.transaction() as connection:
            account = await account_proved_now(connection, signup.id)
            if account and not account.dormant:
                opened = await self._completion.open_existing(connection, signup, account, device)
                waits = linking and await hand_over_identity(
                    connection, signup.id, opened.session_id
                )
                await end_identity(connection, signup.id)
        await self._drafts.forget_draft(signup.id)
        if account is None or account.dormant:
            raise await self._continue_unlinked(signup, device)
        if not linking:
            return existing_account(opened)
        notices = () if waits else ("not-linked",)
        return Outcome(session=opened, method=BY_PHONE, notices=notices, link_pending=waits)

    async def _open_account(
        self, connection: Connection, signup: Signup, account: Account, device: Device
    ) -> Outcome[Step] | None:
        """The account of the number. With an identity that came just now only if the provider
        vouches for the very address of the account: otherwise the person is asked. A dormant one
        only with such an identity.
        """
        linked = signup.identity is not None and await link_own_identity(
            connection, signup.id, account.id, self._limits, device.origin
        )
        if signup.identity and not linked:
            if await has_recent_identity(connection, signup.id):
                return None
            await end_identity(connection, signup.id)
        if account.dormant and not linked:
            return None
        await record_signup(connection, AuditEvent.SIGNUP_PHONE_PROVED, signup, device.origin)
        opened = await self._completion.open_existing(connection, signup, account, device)
        return existing_account(opened, linked=linked)

    async def _complete_signup(
        self, connection: Connection, signup: Signup, device: Device
    ) -> Outcome[Step] | None:
        if signup.identity is None:
            return None
        return await self._completion.complete_by_identity(connection, signup, device)

    async def _save_and_continue(self, signup: Signup) -> Outcome[Step]:
        """With an identity, what is committed says what that has led to."""
        if signup.identity:
            return Outcome((await self._drafts.rebuild_draft(signup.id)).step)
        return Outcome((await self._drafts.save_draft(signup)).step)

    async def _continue_unlinked(self, signup: Signup, device: Device) -> OutOfStep:
        """The same form a second time, or a proof that is too old to open an account."""
        if (await self._drafts.rebuild_draft(signup.id)).step is Step.DONE:
            return OutOfStep(Step.DONE)
        async with self._database.transaction() as connection:
            await drop_phone(connection, signup.id)
            await record_signup(connection, AuditEvent.SIGNUP_PROOF_REFUSED, signup, device.origin)
        await self._drafts.forget_draft(signup.id)
        return ProveAgain(Step.PHONE)
