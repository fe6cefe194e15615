"""The code that a step of a sign-up waits for: found, and sent again."""

from app.domain.delivery.rooms import Standing
from app.domain.errors import OutOfStep
from app.domain.limits import Origin
from app.domain.signup.dormant import DormantAccounts
from app.domain.signup.drafts import Drafts
from app.domain.signup.signup import Signup, Step
from app.domain.verification.calling import call_instead
from app.domain.verification.checking import NoCode
from app.domain.verification.held import find_pending_or_held
from app.domain.verification.sending import CodeSent, resend_or_hold
from app.domain.verification.verification import Challenge, PendingCode, Verifications

PURPOSE = "signup"


def signup_challenge(
    flow_id: bytes, origin: Origin, standing: Standing = Standing.STRANGER
) -> Challenge:
    return Challenge(flow_id, PURPOSE, origin, standing=standing)


def find_standing(signup: Signup, *, signing_in: bool) -> Standing:
    """Of whoever asks for a text."""
    if signing_in:
        return Standing.SIGNING_IN
    is_mailed = signup.email is not None and signup.email.proved
    return Standing.MAILED if is_mailed else Standing.STRANGER


class SignupCodes:
    def __init__(
        self,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        dormant: DormantAccounts,
    ) -> None:
        self._drafts, self._phones, self._mailboxes = drafts, phones, mailboxes
        self._dormant = dormant

    def channel_of(self, step: Step) -> Verifications:
        """The channel whose code the step waits for."""
        return self._phones if step is Step.PHONE_CODE else self._mailboxes

    async def require_pending(
        self, signup: Signup, step: Step, origin: Origin
    ) -> tuple[Signup, PendingCode]:
        """The code the step waits for. A draft older than what is committed is made anew: the
        process that wrote the one may have died before it wrote the other.
        """
        pending = await self._find_pending(signup, step, origin)
        if pending is None:
            signup = await self._drafts.rebuild_draft(signup.id)
            pending = await self._find_pending(signup, step, origin)
        if pending is None:
            raise OutOfStep(signup.step)
        return signup, pending

    async def call_instead(
        self, signup: Signup, origin: Origin, *, signing_in: bool = False
    ) -> CodeSent:
        """The same code, on the phone. Raises as `call_instead` of codes."""
        signup, _ = await self.require_pending(signup, Step.PHONE_CODE, origin)
        try:
            standing = find_standing(signup, signing_in=signing_in)
            challenge = signup_challenge(signup.id, origin, standing)
            return await call_instead(self._phones, challenge, signup.number)
        except NoCode:
            # Another request was faster, by which the sign-up is at another step.
            raise OutOfStep((await self._drafts.rebuild_draft(signup.id)).step) from None

    async def resend(
        self, signup: Signup, step: Step, origin: Origin, *, signing_in: bool = False
    ) -> CodeSent:
        """The same code again, or a new one when that would not help. Raises as for a first one."""
        signup, pending = await self.require_pending(signup, step, origin)
        if step is Step.OWNER:
            return await self._dormant.resend_code(signup, pending, origin)
        to = signup.number if step is Step.PHONE_CODE else signup.mailbox
        try:
            standing = find_standing(signup, signing_in=signing_in)
            challenge = signup_challenge(signup.id, origin, standing)
            return await resend_or_hold(self.channel_of(step), challenge, to)
        except NoCode:
            # Another request was faster, by which the sign-up is at another step.
            raise OutOfStep((await self._drafts.rebuild_draft(signup.id)).step) from None

    async def _find_pending(self, signup: Signup, step: Step, origin: Origin) -> PendingCode | None:
        """None when the draft and what is committed do not agree on what is waited for."""
        if signup.step is not step:
            raise OutOfStep(signup.step)
        if step is Step.OWNER:
            if await self._dormant.find_pending(signup, origin) is None:
                await self._dormant.request_code(signup, origin)  # a process died before it did
            return await self._dormant.find_pending(signup, origin)
        contact = signup.phone if step is Step.PHONE_CODE else signup.email
        moved = signup.moved_to is not None
        challenge = signup_challenge(signup.moved_to or signup.id, origin)
        pending = await find_pending_or_held(self.channel_of(step), challenge)
        if pending is None or contact is None or pending.consumed is not moved:
            return None
        return pending if pending.destination == contact.value else None
