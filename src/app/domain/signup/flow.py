"""The sign-up: phone, its code, e-mail, its code, password. All of its rules are here."""

import asyncio

from msgspec.structs import replace

from app.domain.credentials.device import Device
from app.domain.delivery.allowance import Repeated
from app.domain.errors import OutOfStep, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.limits import Origin
from app.domain.ports import Database
from app.domain.signup.accounts import EmailTaken, ProveAgain, account_of, adopt_email
from app.domain.signup.drafts import Drafts
from app.domain.signup.finish import Finish, SignedIn, recorded
from app.domain.signup.signup import Contact, Signup, Step
from app.domain.verification.asker import Asker
from app.domain.verification.guesses import Pending
from app.domain.verification.verifications import Verifications, destination_of

WHILE = 20  # looks for what another request is about to commit, a twentieth of a second apart
CHANGEABLE = (Step.EMAIL, Step.EMAIL_CODE, Step.PASSWORD)


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
        named = replace(signup, phone=Contact(phone.e164, typed.strip(), phone.region))
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
        self, signup: Signup, raw: str, device: Device
    ) -> Signup | SignedIn:
        """Proves the number. One that has an account opens that; else the sign-up goes on, with
        the e-mail the same person proved on another device.
        """
        signup, pending = await self.waiting(signup, Step.PHONE_CODE, device.origin)
        await self._phones.check(_asker(signup, device.origin), pending, raw)
        async with self._database.transaction() as connection:
            if not await self._phones.consume(connection, pending):
                raise await self._overtaken(signup)
            await recorded(connection, "signup:phone_proved", signup, device.origin)
            account = await account_of(connection, pending.destination)
            if account:
                return await self._finish.open_existing(connection, signup, account, device)
            adopted = await adopt_email(connection, signup.id, pending.destination)
        return await self._proved(signup, adopted)

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

    async def submit_email_code(self, signup: Signup, raw: str, origin: Origin) -> Signup:
        """Proves the address."""
        signup, pending = await self.waiting(signup, Step.EMAIL_CODE, origin)
        await self._mailboxes.check(_asker(signup, origin), pending, raw)
        async with self._database.transaction() as connection:
            if not await self._mailboxes.consume(connection, pending):
                raise await self._overtaken(signup)
            await recorded(connection, "signup:email_proved", signup, origin)
        return await self._proved(signup, pending.destination)

    async def resend(self, signup: Signup, step: Step, origin: Origin) -> None:
        """The same code again, or a new one when that would not help. Raises as for a first one."""
        signup, _ = await self.waiting(signup, step, origin)
        to = signup.number if step is Step.PHONE_CODE else signup.mailbox
        await self.codes(step).send(_asker(signup, origin), to)

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
            await recorded(connection, "signup:restarted", signup, origin)
        await self._drafts.forget(signup.id)

    async def _asked(
        self, named: Signup, codes: Verifications, to: Phone | EmailAddress, origin: Origin
    ) -> Signup:
        """Sends once, however often the same form arrives, and leads all to the same page."""
        asker = _asker(named, origin)
        try:
            started = await codes.start(asker, to, f"{named.id.hex()}:{destination_of(to)}")
        except Repeated:
            started = None
        if started is None and not await self._is_asked(codes, asker, destination_of(to)):
            # No repetition: something else was asked for or proved in between.
            started = await codes.start(asker, to)
            if started is None:
                raise Unavailable
        await self._drafts.save(named)
        return named

    async def _is_asked(self, codes: Verifications, asker: Asker, destination: str) -> bool:
        """Another request works on the same form: whether that one, in a while, commits it."""
        for _ in range(WHILE):
            pending = await codes.pending(asker)
            if pending and pending.destination == destination and not pending.consumed:
                return True
            await asyncio.sleep(0.05)
        return False

    async def _pending(self, signup: Signup, step: Step, origin: Origin) -> Pending | None:
        """None when the draft and what is committed do not agree on what is waited for."""
        if signup.step is not step:
            raise OutOfStep(signup.step)
        contact = signup.phone if step is Step.PHONE_CODE else signup.email
        pending = await self.codes(step).pending(_asker(signup, origin))
        if pending is None or contact is None or pending.consumed:
            return None
        return pending if pending.destination == contact.value else None

    async def _proved(self, signup: Signup, email: str | None) -> Signup:
        """The draft after a proof; an `email` given is a proved one."""
        phone, known = signup.phone, signup.email
        typed = known.typed if known else email or ""
        proved = replace(
            signup,
            phone=phone and replace(phone, proved=True),
            email=Contact(email, typed, proved=True) if email else known,
        )
        await self._drafts.save(proved)
        return proved

    async def _overtaken(self, signup: Signup) -> OutOfStep:
        """Another request with the same code was faster: its result is this one's too."""
        return OutOfStep((await self._drafts.rebuild(signup.id)).step)


def _asker(signup: Signup, origin: Origin) -> Asker:
    return Asker(signup.id, "signup", origin)
