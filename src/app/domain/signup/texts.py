"""When the number of a sign-up is texted: at once, while all is calm. Where too many texts go out
in vain, whoever we don't know proves an address first, which costs nobody anything, and may have
to wait besides. So whoever wants texts sent needs a mailbox for every few of them.
"""

import secrets
from contextlib import suppress
from datetime import UTC, datetime
from math import ceil

from msgspec.structs import replace
from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, current_request
from app.domain.blocks import NumberBlocked
from app.domain.delivery.rooms import Standing
from app.domain.delivery.send_limiter import ShortIdempotencyKey
from app.domain.errors import Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.limit_refusals import SEND_LIMITS, TextsStopped, TooSoon
from app.domain.limits import Origin
from app.domain.metrics import EVENTS
from app.domain.ports import Tally
from app.domain.signup.drafts import Drafts, sql
from app.domain.signup.signup import Contact, Signup, Step
from app.domain.verification.codes import NONCE_BYTES, PHONE
from app.domain.verification.pending import PendingCode, has_young_message
from app.domain.verification.refused_sends import record_refused_send, take_room
from app.domain.verification.sending import queue_new_code, request_code, send_once
from app.domain.verification.unsent import UnsentRows
from app.domain.verification.verification import Challenge, Verifications

PURPOSE = "signup"
# The limits.
KEPT = "kept_numbers_per_network"
OF_DOMAIN = "signups_per_mail_domain"


class SignupTexts:
    def __init__(self, drafts: Drafts, phones: Verifications) -> None:
        self._drafts, self._phones, self._needs = drafts, phones, phones.dependencies
        self._rows = UnsentRows()

    async def request(self, before: Signup, named: Contact, origin: Origin) -> Signup:
        """Texts a code to a number that was just named, or keeps it until the address is proved.
        Raises what `request_code` does.
        """
        signup = _named(before, named)
        if not before.email_first or _waits_for_code(before, named):
            try:
                return await self._send(signup, origin)
            except TextsStopped as stopped:
                if not stopped.email_helps:
                    raise
        return await self.keep(before, signup, origin)

    async def send(self, before: Signup, named: Contact, origin: Origin) -> Signup:
        """At once, of whoever signs in. Raises what `request_code` does."""
        return await self._send(_named(before, named), origin, signing_in=True)

    async def continue_kept(self, signup: Signup, origin: Origin) -> Signup:
        """Once the address is proved: texts the number, or has the wait begin. Why that cannot be
        now is told when the text is asked for on its page.
        """
        if signup.step is not Step.PHONE_CODE:
            return signup
        with suppress(*SEND_LIMITS, Unavailable):
            await self.send_kept(signup, origin)
        return await self._drafts.load_draft(signup.id)

    async def send_kept(self, signup: Signup, origin: Origin) -> Signup:
        """Raises `TooSoon` while it has to wait, and whatever a limit of sends says."""
        signup = await self._start_wait(signup, origin)
        if signup.phone and signup.phone.seconds_left:
            raise TooSoon(ceil(signup.phone.seconds_left))
        await self._send_first(signup, origin)
        return await self._drafts.save_draft(_texted(signup))

    async def _send_first(self, signup: Signup, origin: Origin) -> None:
        """Once, in however many tabs it is asked for at once."""
        codes, challenge = self._phones, self.challenge(signup, origin)
        await self._take_room_of_domain(signup, challenge)

        async def attempt(idempotency_key: str) -> bool:
            return await queue_new_code(codes, challenge, signup.number, idempotency_key)

        async def is_sent() -> bool:
            return has_young_message(await codes.find_pending(challenge))

        key = ShortIdempotencyKey(f"{signup.id.hex()}:{PURPOSE}:first")
        if not await send_once(attempt, key, is_sent):
            raise Unavailable

    def challenge(self, signup: Signup, origin: Origin, *, signing_in: bool = False) -> Challenge:
        """Of the number. Texts of one that is proved after the address count to the mailbox."""
        if signing_in or signup.email is None or not (signup.email_first and signup.email.proved):
            standing = Standing.SIGNING_IN if signing_in else Standing.STRANGER
            return Challenge(signup.id, PURPOSE, origin, standing=standing)
        mailbox = self._needs.subjects.of(EmailAddress(signup.email.value).mailbox).hex()
        return Challenge(signup.id, PURPOSE, origin, mailbox, Standing.MAILED)

    async def _send(self, signup: Signup, origin: Origin, *, signing_in: bool = False) -> Signup:
        challenge = self.challenge(signup, origin, signing_in=signing_in)
        if challenge.standing is Standing.MAILED:
            await self._take_room_of_domain(signup, challenge)
        await request_code(self._phones, challenge, signup.number)
        return _texted(signup)

    async def keep(self, before: Signup, signup: Signup, origin: Origin) -> Signup:
        """Until the address is proved, if it is not. Another number waits no shorter than the one
        before it, and the same one no longer. Raises `TooManySends`, and `NumberBlocked` at once,
        as a text would.
        """
        try:
            await self._needs.limiter.blocks.check_number(signup.number.e164)
        except NumberBlocked as refusal:
            challenge, said = self.challenge(signup, origin), refusal.code
            with suppress(Unavailable):
                await record_refused_send(self._phones, challenge, signup.number.e164, said, said)
            raise
        kept = before.phone if before.phone and before.phone.kept else None
        text_after = kept.text_after if kept else None
        named = signup.phone and replace(signup.phone, kept=True, text_after=text_after)
        signup = replace(signup, phone=named, email_first=True)
        if not kept or kept.value != signup.number.e164:
            await self._take_room(signup, origin)
            await self._write(signup, text_after, origin)
        return await self.continue_kept(await self._drafts.save_draft(signup), origin)

    async def _write(self, signup: Signup, text_after: datetime | None, origin: Origin) -> None:
        async with self._needs.database.connection() as connection:
            kept = await connection.execute(
                *sql.keep_number(
                    id=uuid7(),
                    flow_id=signup.id,
                    nonce=secrets.token_bytes(NONCE_BYTES),
                    phone=signup.number.e164,
                    text_after=text_after,
                    network=origin.network,
                    request_id=current_request.get() or None,
                )
            )
        if kept != "INSERT 0 0":  # another one at the same moment was faster
            EVENTS.add(AuditEvent.SIGNUP_NUMBER_KEPT)

    async def _take_room(self, signup: Signup, origin: Origin) -> None:
        """Nothing is sent, so no other limit bounds how many rows a network has written."""
        tally = self._needs.limits.kept_numbers_per_network.tally(f"kept_numbers:{origin.network}")
        challenge, number = self.challenge(signup, origin), signup.number.e164
        try:
            await take_room(self._phones, challenge, number, KEPT, tally)
        except Unavailable:
            self._rows.take_room(origin.network)

    async def _take_room_of_domain(self, signup: Signup, challenge: Challenge) -> None:
        """Once a sign-up. A domain of one's own has mailboxes without end, and each is good for
        some texts. Nothing is counted while the short memory is silent.
        """
        if tally := self._tally_of_domain(signup):
            with suppress(Unavailable):
                number, entry = signup.number.e164, signup.id.hex()
                await take_room(self._phones, challenge, number, OF_DOMAIN, tally, entry)

    async def free_room_of_domain(self, signup: Signup) -> None:
        """Its number is proved."""
        if tally := self._tally_of_domain(signup):
            with suppress(Unavailable):
                await self._needs.memory.uncount([tally], signup.id.hex())

    def _tally_of_domain(self, signup: Signup) -> Tally | None:
        if not (signup.email_first and signup.email and signup.email.proved):
            return None
        domain = EmailAddress(signup.email.value).own_domain
        limit = self._needs.limits.signups_per_mail_domain
        return limit.tally(f"mail_domain:{domain}") if domain else None

    async def _start_wait(self, signup: Signup, origin: Origin) -> Signup:
        """Once: it is over when it was said to be."""
        if signup.phone is None or signup.phone.text_after:
            return signup
        seconds = await self._needs.limiter.gauge.find_wait(signup.number, origin)
        if not seconds:
            return signup
        async with self._needs.database.connection() as connection:
            text_after = await connection.fetchval(
                *sql.start_wait(flow_id=signup.id, seconds=float(seconds))
            )
        waiting = replace(signup, phone=replace(signup.phone, text_after=text_after))
        return await self._drafts.save_draft(waiting)


def kept_number(phone: Contact) -> PendingCode:
    """In the place of its code."""
    return PendingCode.without_code(
        uuid7(), phone.value, datetime.now(UTC) + PHONE.lifetime, phone.seconds_left, kept=True
    )


def _named(before: Signup, phone: Contact) -> Signup:
    return replace(before, phone=phone, moved_to=None, account=None, dormant=False)


def _texted(signup: Signup) -> Signup:
    return replace(signup, phone=signup.phone and replace(signup.phone, kept=False))


def _waits_for_code(before: Signup, named: Contact) -> bool:
    """Whether that number was texted in this sign-up before."""
    phone = before.phone
    return phone is not None and phone.value == named.value and not (phone.kept or phone.proved)
