"""The sign-up: phone, its code, e-mail, its code, password. A number that has an account opens it.

Someone a provider vouches for needs no password, and no code to an address that it vouches for.
The way through it is here; what a proof commits is in `proofs`, the account in `finish`, one that
was not used for long in `dormant`.
"""

import dataclasses
from dataclasses import dataclass

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent
from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.federation.identities import Identities
from app.domain.federation.proofs import end_identity
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.provider import ExternalIdentity
from app.domain.limits import LimitTable, Origin
from app.domain.outcome import Outcome
from app.domain.ports import Database, NotUnique, ShortMemory
from app.domain.pricing.choice import Choice
from app.domain.signup.accounts import EmailTaken, ProveAgain
from app.domain.signup.codes import SignupCodes, signup_challenge
from app.domain.signup.dormant import DormantAccounts
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import AUTH0, SignupCompletion, record_signup
from app.domain.signup.plans import PickedPlans
from app.domain.signup.proofs import SignupProofs
from app.domain.signup.signup import Contact, Signup, Step
from app.domain.signup.texts import SignupTexts
from app.domain.verification.checking import check_code
from app.domain.verification.pending import NoCode
from app.domain.verification.sending import request_code
from app.domain.verification.verification import NextFlowId, Verifications

CHANGEABLE = (Step.OWNER, Step.LINK, Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who takes a step: with which device, the id that the flow gets by a proof, and the plan that
    this client remembers.
    """

    device: Device
    next_flow_id: NextFlowId
    plan: Choice | None = None

    @property
    def origin(self) -> Origin:
        return self.device.origin


class SignupFlow:
    """Each method is what a person does at one step; it refuses what is not the current one."""

    def __init__(
        self,
        served: tuple[str, ...],
        database: Database,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        completion: SignupCompletion,
        identities: Identities,
        plans: PickedPlans,
        memory: ShortMemory,
        limits: LimitTable,
    ) -> None:
        self._served, self._database, self._drafts = served, database, drafts
        self._phones, self._mailboxes, self._completion = phones, mailboxes, completion
        self._proofs = SignupProofs(database, drafts, phones, mailboxes, completion, memory, limits)
        self._dormant, self._plans = DormantAccounts(database, mailboxes, completion), plans
        self._texts = SignupTexts(drafts, phones)
        self.codes = SignupCodes(drafts, phones, mailboxes, self._dormant, self._texts)
        self._identities = identities

    async def load_signup(self, flow_id: bytes, path: str) -> Signup:
        """The sign-up this flow has come to, for the step that the path of the request names."""
        return await self._drafts.load_draft(flow_id, Step.named_in(path))

    async def submit_phone(
        self,
        signup: Signup,
        typed: str,
        country: str,
        visitor: Visitor,
        *,
        changing: bool,
        signing_in: bool = False,
    ) -> Outcome[Step]:
        """Texts a code, or asks for the address first, but of no one who is `signing_in`.
        `changing` takes back a number that was proved already.
        """
        changeable = changing and signup.step in CHANGEABLE
        if not (changeable or signup.step in (Step.PHONE, Step.PHONE_CODE)):
            raise OutOfStep(signup.step)
        phone = Phone.parse(typed, self._served, country)
        contact = Contact(phone.e164, typed.strip(), phone.region)
        text = self._texts.send if signing_in else self._texts.request
        named = await self._drafts.save_draft(await text(signup, contact, visitor.origin))
        return Outcome(named.step, plan=visitor.plan)

    async def submit_phone_code(self, signup: Signup, raw: str, visitor: Visitor) -> Outcome[Step]:
        """Proves the number. One that has an account opens that, unless it was not used for long;
        else the sign-up goes on under another id, with the e-mail and the plan that the same person
        came to on another device.
        """
        signup, pending = await self.codes.require_pending(signup, Step.PHONE_CODE, visitor.origin)
        new_flow_id = visitor.next_flow_id(pending.id)
        try:
            await check_code(
                self._phones, signup_challenge(signup.id, visitor.origin), pending, raw
            )
        except NoCode:
            faster = await self._find_concurrent_result(new_flow_id)
            raise OutOfStep(faster.step) if faster else NoCode from None
        await self._texts.free_room_of_domain(signup)
        outcome = await self._proofs.apply_phone_proof(signup, pending, visitor.device, new_flow_id)
        if outcome is None:
            # A right code with which another request was faster has the same result.
            faster = await self._find_concurrent_result(new_flow_id)
            if faster is None:
                raise await self._refusal_of_overtaken(signup)
            outcome = Outcome(faster.step)
        if outcome.next_step is Step.OWNER:
            await self._dormant.request_code(
                await self._drafts.load_draft(new_flow_id), visitor.origin
            )
        return await self._with_plan(outcome, visitor, new_flow_id)

    async def submit_owner_code(self, signup: Signup, raw: str, visitor: Visitor) -> Outcome[Step]:
        """Proves the address of the account whose number was proved before: opens it, or leads to
        the question whether to link what waits. Raises `ProveAgain`.
        """
        signup, pending = await self.codes.require_pending(signup, Step.OWNER, visitor.origin)
        try:
            opened = await self._dormant.submit_code(signup, pending, raw, visitor.device)
        except ProveAgain:
            await self._forget_proof(signup, visitor.origin)
            raise
        if opened:
            await self._drafts.forget_draft(signup.id)
            return await self._with_plan(opened, visitor)
        return await self._with_plan(await self._rebuilt(signup), visitor)

    async def release_number(self, signup: Signup, visitor: Visitor) -> Outcome[Step]:
        """Takes the proved number off its dormant account, for a new one. Raises `StillUsed`,
        `ProveAgain`.
        """
        if signup.step is not Step.OWNER:
            raise OutOfStep(signup.step)
        try:
            finished = await self._dormant.release_number(signup, visitor.device)
        except ProveAgain:
            await self._forget_proof(signup, visitor.origin)
            raise
        except NotUnique:  # the identity that waits got an account at this very moment
            raise await self._refusal_of_overtaken(signup) from None
        await self._drafts.forget_draft(signup.id)
        return await self._with_plan(finished or await self._rebuilt(signup), visitor)

    async def submit_link(
        self, signup: Signup, visitor: Visitor, *, linking: bool
    ) -> Outcome[Step]:
        """Opens the account of the proved number, with the identity as another way in or not."""
        if signup.step is not Step.LINK:
            raise OutOfStep(signup.step)
        opened = await self._proofs.apply_link(signup, visitor.device, linking=linking)
        return await self._with_plan(opened, visitor)

    async def submit_email(
        self, signup: Signup, typed: str, visitor: Visitor, *, as_typed: bool, changing: bool
    ) -> Outcome[Step]:
        """Mails a code, or to the owner of a known address that it is known."""
        changeable = changing and signup.step is Step.PASSWORD
        if not (changeable or signup.step in (Step.EMAIL, Step.EMAIL_CODE)):
            raise OutOfStep(signup.step)
        email = EmailAddress.parse(typed, as_typed=as_typed)
        await self._mailboxes.dependencies.limiter.blocks.check_domain(email.value)
        named = replace(signup, email=Contact(email.value, typed.strip()))
        await request_code(self._mailboxes, signup_challenge(named.id, visitor.origin), email)
        await self._drafts.save_draft(named)
        return Outcome(Step.EMAIL_CODE, plan=visitor.plan)

    async def submit_email_code(self, signup: Signup, raw: str, visitor: Visitor) -> Outcome[Step]:
        """Proves the address; opens the new account where no password is needed, or texts a number
        that waited for it.
        """
        signup, pending = await self.codes.require_pending(signup, Step.EMAIL_CODE, visitor.origin)
        await check_code(self._mailboxes, signup_challenge(signup.id, visitor.origin), pending, raw)
        outcome = await self._proofs.apply_email_proof(signup, pending, visitor.device)
        if outcome is None:
            raise await self._refusal_of_overtaken(signup)
        if outcome.next_step is Step.PHONE_CODE:
            proved = await self._drafts.load_draft(signup.id)
            await self._texts.continue_kept(proved, visitor.origin)
        return await self._with_plan(outcome, visitor)

    async def submit_identity(
        self, flow_id: bytes | None, external_identity: ExternalIdentity, visitor: Visitor
    ) -> Outcome[Step]:
        """A known identity opens its account. A new one is a sign-up with some proofs given, with
        what `flow_id` has come to, which goes on under another id. Raises `TooManyNewIdentities`.
        """
        opened = await self._identities.sign_in(external_identity, visitor.device)
        if opened:
            return Outcome(session=opened, method=AUTH0, notices=("known",))
        proof = uuid7()
        new_flow_id = visitor.next_flow_id(proof)
        signup = await self._drafts.load_draft(flow_id) if flow_id else None
        if signup is None or signup.step is Step.DONE:
            signup = Signup(new_flow_id)
        outcome = await self._proofs.apply_identity(
            signup, external_identity, visitor.device, proof, new_flow_id
        )
        return await self._with_plan(outcome, visitor, new_flow_id)

    async def submit_password(self, signup: Signup, raw: str, visitor: Visitor) -> Outcome[Step]:
        """Makes the account, once, and opens its first session."""
        if signup.step not in (Step.PASSWORD, Step.DONE):
            raise OutOfStep(signup.step)
        try:
            finished = await self._completion.complete_signup(signup, raw, visitor.device)
        except (EmailTaken, ProveAgain):
            await self._drafts.forget_draft(signup.id)
            raise
        except OutOfStep:
            await self._drafts.forget_draft(signup.id)
            raise await self._refusal_of_overtaken(signup) from None
        await self._drafts.forget_draft(signup.id)
        return await self._with_plan(finished, visitor)

    async def restart_signup(self, signup: Signup, origin: Origin) -> Outcome[Step]:
        """Forgets all of it; codes on their way prove nothing any more."""
        async with self._database.transaction() as connection:
            ended = await self._phones.end_codes(connection, signup.id)
            ended |= await self._mailboxes.end_codes(connection, signup.id)
            ended |= await end_identity(connection, signup.id) is not None
            if ended:
                await record_signup(connection, AuditEvent.SIGNUP_RESTARTED, signup, origin)
        await self._drafts.forget_draft(signup.id)
        return Outcome(notices=("restarted",))

    async def _with_plan(
        self, outcome: Outcome[Step], visitor: Visitor, new_flow_id: bytes | None = None
    ) -> Outcome[Step]:
        """`new_flow_id`: the id under which the flow goes on, where it is another one."""
        if outcome.session is None:
            outcome = dataclasses.replace(outcome, is_rotated=new_flow_id is not None)
        return await self._plans.carry_on(outcome, visitor.plan, new_flow_id or b"")

    async def _forget_proof(self, signup: Signup, origin: Origin) -> None:
        await self._dormant.forget_proof(signup, origin)
        await self._drafts.forget_draft(signup.id)

    async def _rebuilt(self, signup: Signup) -> Outcome[Step]:
        return Outcome((await self._drafts.rebuild_draft(signup.id)).step)

    async def _find_concurrent_result(self, new_flow_id: bytes) -> Signup | None:
        """What another request with the same code has made of the sign-up."""
        signup = await self._drafts.load_draft(new_flow_id)
        return None if signup.step is Step.PHONE else signup

    async def _refusal_of_overtaken(self, signup: Signup) -> OutOfStep:
        """Another request was faster, by which the sign-up is at another step."""
        return OutOfStep((await self._drafts.rebuild_draft(signup.id)).step)
