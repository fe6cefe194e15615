"""The code that a step of a sign-up waits for: found, and sent again, or for the first time where
the number had to wait.
"""

from app.domain.errors import OutOfStep
from app.domain.limit_refusals import TextsStopped, TooSoon
from app.domain.limits import Origin
from app.domain.signup.dormant import DormantAccounts
from app.domain.signup.drafts import Drafts
from app.domain.signup.signup import Signup, Step
from app.domain.signup.texts import PURPOSE, SignupTexts, kept_number
from app.domain.verification.calling import call_instead
from app.domain.verification.codes import PHONE
from app.domain.verification.held import find_pending_or_held
from app.domain.verification.pending import NoCode, PendingCode, has_young_message
from app.domain.verification.sending import CodeSent, resend_or_hold
from app.domain.verification.verification import Challenge, Verifications


def signup_challenge(flow_id: bytes, origin: Origin) -> Challenge:
    return Challenge(flow_id, PURPOSE, origin)


class SignupCodes:
    def __init__(
        self,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        dormant: DormantAccounts,
        texts: SignupTexts,
    ) -> None:
        self._drafts, self._phones, self._mailboxes = drafts, phones, mailboxes
        self._dormant, self._texts = dormant, texts

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
            challenge = self._texts.challenge(signup, origin, signing_in=signing_in)
            return await call_instead(self._phones, challenge, signup.number)
        except NoCode:
            # Another request was faster, by which the sign-up is at another step.
            raise OutOfStep((await self._drafts.rebuild_draft(signup.id)).step) from None

    async def resend(
        self, signup: Signup, step: Step, origin: Origin, *, signing_in: bool = False
    ) -> CodeSent | None:
        """The same code again, or a new one when that would not help. None where an address is to
        be proved before another text. Raises as for a first one.
        """
        signup, pending = await self.require_pending(signup, step, origin)
        if step is Step.OWNER:
            return await self._dormant.resend_code(signup, pending, origin)
        first = CodeSent(PHONE, is_new=True, is_first=True)
        if pending.kept:
            await self._texts.send_kept(signup, origin)
            return first
        try:
            return await self._resend(signup, step, origin, signing_in=signing_in)
        except TooSoon:
            if step is Step.PHONE_CODE and signup.email_first and has_young_message(pending):
                return first  # the button was pressed twice, or in two tabs
            raise
        except NoCode:
            # Another request was faster, by which the sign-up is at another step.
            raise OutOfStep((await self._drafts.rebuild_draft(signup.id)).step) from None
        except TextsStopped as stopped:
            if not stopped.email_helps:
                raise
        await self._texts.keep(signup, signup, origin)
        return None

    async def _resend(
        self, signup: Signup, step: Step, origin: Origin, *, signing_in: bool
    ) -> CodeSent:
        if step is Step.PHONE_CODE:
            challenge = self._texts.challenge(signup, origin, signing_in=signing_in)
            return await resend_or_hold(self._phones, challenge, signup.number)
        challenge = signup_challenge(signup.id, origin)
        return await resend_or_hold(self._mailboxes, challenge, signup.mailbox)

    async def _find_pending(self, signup: Signup, step: Step, origin: Origin) -> PendingCode | None:
        """None when the draft and what is committed do not agree on what is waited for."""
        if signup.step is not step:
            raise OutOfStep(signup.step)
        if step is Step.OWNER:
            if await self._dormant.find_pending(signup, origin) is None:
                await self._dormant.request_code(signup, origin)  # a process died before it did
            return await self._dormant.find_pending(signup, origin)
        if step is Step.PHONE_CODE and signup.phone and signup.phone.kept:
            return kept_number(signup.phone)
        contact = signup.phone if step is Step.PHONE_CODE else signup.email
        moved = signup.moved_to is not None
        challenge = signup_challenge(signup.moved_to or signup.id, origin)
        pending = await find_pending_or_held(self.channel_of(step), challenge)
        if pending is None or contact is None or pending.consumed is not moved:
            return None
        return pending if pending.destination == contact.value else None
