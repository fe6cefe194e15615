"""A new number or address for an account. It is proved first; until then the old one stays."""

from abc import ABC, abstractmethod
from contextlib import suppress
from typing import ClassVar, Never

from app.domain.account.changes import queue_change_notices, record_change
from app.domain.account.confirmation import session_flow
from app.domain.account.delayed_changes import delay_change, is_change_delayed
from app.domain.audit import AuditEvent, record
from app.domain.delivery.rooms import Standing
from app.domain.errors import Conflict, Rejected, Unavailable
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.users import (
    Kind,
    Person,
    is_taken,
    lock_contacts,
    replace_contact,
    require_room_for_change,
    require_room_for_delayed,
)
from app.domain.limits import LimitTable, Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database, NotUnique
from app.domain.rollback import drop_pending_changes
from app.domain.sessions.factors import Factor
from app.domain.sessions.session import is_delaying_changes, lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.verification.calling import call_instead
from app.domain.verification.checking import check_code
from app.domain.verification.held import find_pending_or_held, release_flow
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.refused_sends import take_room
from app.domain.verification.sending import CodeSent, request_code, resend_or_hold
from app.domain.verification.verification import Challenge, Verifications

NEW_NUMBERS = "new_numbers_per_account"  # the limit


class OwnPhone(Rejected):
    code = "own_phone"
    field = "phone"
    message = _("That’s your number already.")


class OwnEmail(Rejected):
    code = "own_email"
    field = "email"
    message = _("That’s your address already.")


class PhoneTaken(Conflict):
    """Only ever told to someone who has just proved that the number is theirs."""

    code = "phone_taken"
    field = "phone"
    message = _("That number belongs to another account. Use another one.")


class EmailTakenByOther(Conflict):
    """Only ever told to someone who has just proved that the address is theirs."""

    code = "email_taken_by_other"
    field = "email"
    message = _("That address belongs to another account. Use another one.")


class ContactChange(ABC):
    """What changes of a number and of an address have in common. A session has one of each under
    way at most, which is its newest code; nothing else is kept of it.
    """

    kind: ClassVar[Kind]
    taken: ClassVar[type[Conflict]]

    def __init__(
        self,
        database: Database,
        codes: Verifications,
        sessions: Sessions,
        limits: LimitTable,
    ) -> None:
        self._database, self.codes, self._sessions = database, codes, sessions
        self._limits = limits

    async def find_pending(self, access: Access, origin: Origin) -> PendingCode | None:
        """The code that was not used yet, expired ones too, or what the session is held for."""
        latest = await find_pending_or_held(self.codes, self._challenge(access, origin))
        return None if latest is None or latest.consumed else latest

    async def find_pending_value(self, access: Access, origin: Origin) -> str | None:
        """The new value, while the code to it counts."""
        latest = await self.codes.find_pending(self._challenge(access, origin))
        if latest is None or latest.consumed or latest.seconds_left <= 0:
            return None
        return latest.destination

    async def submit_code(
        self, access: Access, person: Person, raw: str, origin: Origin
    ) -> Outcome[Never]:
        """The new value is the account's from now on, or in a day for a session that was confirmed
        without the phone. Raises what `check_code` does, `TooManyChanges`, and
        `taken`, which ends the change.
        """
        pending = await self.find_pending(access, origin)
        if pending is None:
            raise NoCode
        await check_code(self.codes, self._challenge(access, origin), pending, raw)
        try:
            async with self._database.transaction() as connection:
                await self._replace(connection, access, pending, origin)
        except NotUnique:
            async with self._database.transaction() as connection:
                await self._refuse(connection, access, pending, origin)
        return await self._outcome(person, pending.destination)

    async def find_outcome(
        self, access: Access, person: Person, origin: Origin
    ) -> Outcome[Never] | None:
        """Of a code that was right a moment ago, when nothing was asked for since: the answer to
        its form may have been lost.
        """
        latest = await self.codes.find_pending(self._challenge(access, origin))
        if latest is None or not latest.was_just_proved:
            return None
        return await self._outcome(person, latest.destination)

    async def _outcome(self, person: Person, value: str) -> Outcome[Never]:
        """The owner's failure budgets go by the contact, so by the new one, once it is theirs."""
        async with self._database.connection() as connection:
            if await is_change_delayed(connection, person.id, self.kind, value):
                return Outcome(notices=("change-delayed",))
        had: dict[Kind, str | None] = {"email": person.email, "phone": person.phone}
        has = (had | {self.kind: value}).values()
        notice = f"{self.kind}-{'changed' if had[self.kind] else 'added'}"
        return Outcome(notices=(notice,), contacts=tuple(one for one in has if one))

    async def resend_code(self, access: Access, origin: Origin) -> CodeSent:
        """A new code asks for a fresh proof. Raises `ConfirmationNeeded`, `NoCode` and what
        `resend_code` of codes does.
        """
        pending = await self.find_pending(access, origin)
        if pending is None:
            raise NoCode
        if not pending.can_be_resent:
            await self._sessions.require_contact_proof(access)
        contact = self._parse_stored(pending.destination)
        return await resend_or_hold(self.codes, self._challenge(access, origin), contact)

    async def cancel_change(self, access: Access, origin: Origin) -> bool:
        """The code on its way proves nothing from now on. Whether there was one."""
        pending = await self.find_pending(access, origin)
        if pending is None:
            return False
        if pending.is_held:
            return await release_flow(self.codes, self._challenge(access, origin))
        async with self._database.transaction() as connection:
            dropped = await self.codes.drop_code(connection, pending)
            if dropped:
                await self._record(connection, access, origin, "change_cancelled")
        with suppress(Unavailable):  # what was named before this one and held
            await release_flow(self.codes, self._challenge(access, origin))
        return dropped

    @abstractmethod
    def _parse_stored(self, value: str) -> Phone | EmailAddress:
        """A value that was accepted before."""

    async def _replace(
        self, connection: Connection, access: Access, pending: PendingCode, origin: Origin
    ) -> None:
        contacts, value = await lock_contacts(connection, access.user_id), pending.destination
        await lock_session(connection, access)
        is_own = contacts.value(self.kind) == value  # by another session of the same person
        if not is_own and await is_taken(connection, self.kind, value):
            await self._refuse(connection, access, pending, origin)
        if not is_own:
            await self._check_room(connection, access)
        if not await self.codes.consume_code(connection, pending):
            raise NoCode
        if is_own:
            return
        if await is_delaying_changes(connection, access):
            await delay_change(connection, contacts, self.kind, value, origin)
            return
        await drop_pending_changes(connection, access.user_id, origin)
        await replace_contact(connection, contacts, self.kind, value)
        await self._sessions.end_opened_with(
            connection, access.user_id, Factor(self.kind), origin, but=access.session_id
        )
        change_id = await record_change(connection, contacts, self.kind, value)
        await self._record(connection, access, origin, "changed")
        await queue_change_notices(connection, contacts, self.kind, value, change_id, origin)

    async def _require_room(self, access: Access) -> None:
        """Before a code is sent that would lead to nothing."""
        async with self._database.connection() as connection:
            await self._check_room(connection, access)

    async def _check_room(self, connection: Connection, access: Access) -> None:
        waits = await is_delaying_changes(connection, access)
        require_room = require_room_for_delayed if waits else require_room_for_change
        await require_room(connection, access.user_id, self._limits)

    async def _refuse(
        self, connection: Connection, access: Access, pending: PendingCode, origin: Origin
    ) -> None:
        """Ends the change. Raises `taken`."""
        await self.codes.drop_code(connection, pending)
        await self._record(connection, access, origin, "change_refused")
        raise self.taken

    async def _record(
        self, connection: Connection, access: Access, origin: Origin, fact: str
    ) -> None:
        event = AuditEvent(f"account:{self.kind}_{fact}")
        await record(connection, event, user_id=access.user_id, network=origin.network)

    def _challenge(self, access: Access, origin: Origin) -> Challenge:
        """Whoever has an account is no stranger, whatever number they name."""
        purpose, standing = f"change-{self.kind}", Standing.MAILED
        return Challenge(session_flow(access), purpose, origin, standing=standing)


class PhoneChange(ContactChange):
    kind, taken = "phone", PhoneTaken

    def __init__(
        self,
        database: Database,
        codes: Verifications,
        sessions: Sessions,
        limits: LimitTable,
        served: tuple[str, ...],
    ) -> None:
        super().__init__(database, codes, sessions, limits)
        self._served = served

    async def request_code(
        self, access: Access, person: Person, typed: str, country: str, origin: Origin
    ) -> None:
        """Texts a code there. Raises `ConfirmationNeeded`, `BadPhone`, `OwnPhone`,
        `TooManyChanges` and what `request_code` does.
        """
        await self._sessions.require_contact_proof(access)
        phone = Phone.parse(typed, self._served, country)
        if phone.e164 == person.phone:
            raise OwnPhone
        await self._require_room(access)
        await self._take_room(access, phone, origin)
        await request_code(self.codes, self._challenge(access, origin), phone)

    async def _take_room(self, access: Access, phone: Phone, origin: Origin) -> None:
        """Else one account could have as many numbers texted as it has addresses to ask from."""
        tally = self._limits.new_numbers_per_account.tally(f"new_numbers:{access.user_id}")
        with suppress(Unavailable):
            challenge = self._challenge(access, origin)
            await take_room(self.codes, challenge, phone.e164, NEW_NUMBERS, tally)

    async def call_instead(self, access: Access, origin: Origin) -> CodeSent:
        """Raises `NoCode` and what `call_instead` of codes does."""
        pending = await self.find_pending(access, origin)
        if pending is None:
            raise NoCode
        to = self._parse_stored(pending.destination)
        return await call_instead(self.codes, self._challenge(access, origin), to)

    def _parse_stored(self, value: str) -> Phone:
        return Phone.from_e164(value)


class EmailChange(ContactChange):
    kind, taken = "email", EmailTakenByOther

    async def request_code(
        self, access: Access, person: Person, typed: str, origin: Origin, *, as_typed: bool
    ) -> None:
        """Mails a code there. Raises `ConfirmationNeeded`, `BadEmail`, `OwnEmail`,
        `DomainBlocked`, `TooManyChanges` and what `request_code` does.
        """
        await self._sessions.require_contact_proof(access)
        email = EmailAddress.parse(typed, as_typed=as_typed)
        if email.value == person.email:
            raise OwnEmail
        await self.codes.dependencies.limiter.blocks.check_domain(email.value)
        await self._require_room(access)
        await request_code(self.codes, self._challenge(access, origin), email)

    def _parse_stored(self, value: str) -> EmailAddress:
        return EmailAddress(value)
