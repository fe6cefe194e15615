"""The sign-up: phone, its code, e-mail, its code, password. All of its rules are here.

Somebody a provider vouches for needs no password, and no code to an address that it vouches for.
"""

from msgspec.structs import replace

from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.federation.proofs import end_identity
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.provider import Vouched
from app.domain.limits import Origin
from app.domain.ports import Database
from app.domain.signup.accounts import EmailTaken, ProveAgain
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import Finish, SignedIn, recorded
from app.domain.signup.proving import Proving
from app.domain.signup.signup import Contact, Signup, Step
from app.domain.verification.asker import Asker
from app.domain.verification.asking import ask_once
from app.domain.verification.guesses import NoCode, Pending
from app.domain.verification.renewal import Renewal
from app.domain.verification.verifications import Verifications

PURPOSE = "signup"
CHANGEABLE = (Step.LINK, Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD)


class SignupFlow:
    """Each method is what a person does at one step; it refuses what is not the current one."""

    def __init__(
        self,
        served: tuple[str, ...],
        database: Database,
        drafts: Drafts,
        phones: Verifications,
        mailboxes: Verifications,
        finish: Finish,
    ) -> None:
        self._served, self._database, self._drafts = served, database, drafts
        self._phones, self._mailboxes, self._finish = phones, mailboxes, finish
        self._proving = Proving(database, drafts, phones, mailboxes, finish)

    async def load(self, flow_id: bytes) -> Signup:
        """The sign-up this flow has come to."""
        return await self._drafts.load(flow_id)

    async def submit_phone(
        self, signup: Signup, typed: str, country: str, origin: Origin, *, changing: bool
    ) -> Signup:
        """Texts a code. `changing` takes back a number that was proved already."""
        changeable = changing and signup.step in CHANGEABLE
        if not (changeable or signup.step in (Step.PHONE, Step.PHONE_CODE)):
            raise OutOfStep(signup.step)
        phone = Phone.parse(typed, self._served, country)
        contact = Contact(phone.e164, typed.strip(), phone.region)
        named = replace(signup, phone=contact, moved_to=None, account=None)
        return await self._asked(named, self._phones, phone, origin)

    async def submit_email(
        self, signup: Signup, typed: str, origin: Origin, *, as_typed: bool, changing: bool
    ) -> Signup:
        """Mails a code, or to the owner of a known address that it is known."""
        changeable = changing and signup.step is Step.PASSWORD
        if not (changeable or signup.step in (Step.EMAIL, Step.EMAIL_CODE)):
            raise OutOfStep(signup.step)
        email = EmailAddress.parse(typed, as_typed=as_typed)
        named = replace(signup, email=Contact(email.value, typed.strip()))
        return await self._asked(named, self._mailboxes, email, origin)

    async def submit_phone_code(
        self, signup: Signup, raw: str, device: Device, renewal: Renewal
    ) -> Signup | SignedIn:
        """Proves the number. One that has an account opens that; else the sign-up goes on under
        the id that `renewal` says, with the e-mail the same person proved on another device.
        """
        signup, pending = await self.waiting(signup, Step.PHONE_CODE, device.origin)
        became = renewal(pending.id)
        try:
            await self._phones.check(_asker(signup, device.origin), pending, raw)
        except NoCode:
            faster = await self._faster(became)
            raise OutOfStep(faster.step) if faster else NoCode from None
        proved = await self._proving.phone(signup, pending, device, became)
        # A right code with which another request was faster has the same result.
        result = proved or await self._faster(became)
        if result is None:
            raise await self._overtaken(signup)
        return result

    async def submit_password(self, signup: Signup, raw: str, device: Device) -> SignedIn:
        """Makes the account, once, and opens its first session."""
        if signup.step not in (Step.PASSWORD, Step.DONE):
            raise OutOfStep(signup.step)
        try:
            finished = await self._finish(signup, raw, device)
        except (EmailTaken, ProveAgain):
            await self._drafts.forget(signup.id)
            raise
        except OutOfStep:
            await self._drafts.forget(signup.id)
            raise await self._overtaken(signup) from None
        await self._drafts.forget(signup.id)
        return finished

    async def submit_email_code(
        self, signup: Signup, raw: str, device: Device
    ) -> Signup | SignedIn:
        """Proves the address."""
        signup, pending = await self.waiting(signup, Step.EMAIL_CODE, device.origin)
        await self._mailboxes.check(_asker(signup, device.origin), pending, raw)
        result = await self._proving.email(signup, pending, device)
        if result is None:
            raise await self._overtaken(signup)
        return result

    async def submit_identity(
        self, signup: Signup, vouched: Vouched, device: Device, renewal: Renewal
    ) -> Signup | SignedIn:
        """Who somebody is elsewhere, where that has no account yet."""
        return await self._proving.identity(signup, vouched, device, renewal)

    async def submit_link(self, signup: Signup, device: Device, *, linking: bool) -> SignedIn:
        """Opens the account of the proved number, with the identity as another way in or not."""
        if signup.step is not Step.LINK:
            raise OutOfStep(signup.step)
        return await self._proving.link(signup, device, linking=linking)

    async def resend(self, signup: Signup, step: Step, origin: Origin) -> bool:
        """The same code again, or a new one when that would not help: whether it is a new one.
        Raises as for a first one.
        """
        signup, pending = await self.waiting(signup, step, origin)
        to = signup.number if step is Step.PHONE_CODE else signup.mailbox
        try:
            await self.codes(step).send(_asker(signup, origin), to)
        except NoCode:
            raise await self._overtaken(signup) from None
        return not pending.worth_sending_again

    async def waiting(self, signup: Signup, step: Step, origin: Origin) -> tuple[Signup, Pending]:
        """The code the step waits for. A draft older than what is committed is made anew: the
        process that wrote the one may have died before it wrote the other.
        """
        pending = await self._pending(signup, step, origin)
        if pending is None:
            signup = await self._drafts.rebuild(signup.id)
            pending = await self._pending(signup, step, origin)
        if pending is None:
            raise OutOfStep(signup.step)
        return signup, pending

    def codes(self, step: Step) -> Verifications:
        """The channel whose code the step waits for."""
        return self._phones if step is Step.PHONE_CODE else self._mailboxes

    async def restart(self, signup: Signup, origin: Origin) -> None:
        """Forgets all of it; codes on their way prove nothing any more."""
        async with self._database.transaction() as connection:
            await self._phones.end(connection, signup.id)
            await self._mailboxes.end(connection, signup.id)
            await end_identity(connection, signup.id)
            await recorded(connection, "signup:restarted", signup, origin)
        await self._drafts.forget(signup.id)

    async def _asked(
        self, named: Signup, codes: Verifications, to: Phone | EmailAddress, origin: Origin
    ) -> Signup:
        """Sends once, however often the same form arrives, and leads all to the same page."""
        await ask_once(codes, _asker(named, origin), to)
        return await self._drafts.save(named)

    async def _faster(self, became: bytes) -> Signup | None:
        """What another request with the same code has made of the sign-up."""
        signup = await self._drafts.load(became)
        return None if signup.step is Step.PHONE else signup

    async def _pending(self, signup: Signup, step: Step, origin: Origin) -> Pending | None:
        """None when the draft and what is committed do not agree on what is waited for."""
        if signup.step is not step:
            raise OutOfStep(signup.step)
        contact = signup.phone if step is Step.PHONE_CODE else signup.email
        moved = signup.moved_to is not None
        asker = Asker(signup.moved_to or signup.id, PURPOSE, origin)
        pending = await self.codes(step).pending(asker)
        if pending is None or contact is None or pending.consumed is not moved:
            return None
        return pending if pending.destination == contact.value else None

    async def _overtaken(self, signup: Signup) -> OutOfStep:
        """Another request was faster, by which the sign-up is at another step."""
        return OutOfStep((await self._drafts.rebuild(signup.id)).step)


def _asker(signup: Signup, origin: Origin) -> Asker:
    return Asker(signup.id, PURPOSE, origin)
