"""A new number or address for an account. It is proved first; until then the old one stays."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from app.domain.account.changes import Kind, add, hold, is_taken, put, tell_of_change
from app.domain.account.confirmation import session_flow
from app.domain.audit.events import record
from app.domain.errors import Conflict, Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, NotUnique
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.liveness import hold_session
from app.domain.sessions.session import ConfirmationNeeded
from app.domain.verification.asker import Asker
from app.domain.verification.asking import ask_once
from app.domain.verification.guesses import NoCode, Pending
from app.domain.verification.verifications import Verifications


class OwnPhone(Rejected):
    code = "own_phone"
    field = "phone"
    message = "That is your number already."


class OwnEmail(Rejected):
    code = "own_email"
    field = "email"
    message = "That is your address already."


class PhoneTaken(Conflict):
    """Only ever told to somebody who has just proved that the number is theirs."""

    code = "phone_taken"
    field = "phone"
    message = "That number belongs to another account. Use another one."


class EmailTakenByOther(Conflict):
    """Only ever told to somebody who has just proved that the address is theirs."""

    code = "email_taken_by_other"
    field = "email"
    message = "That address belongs to another account. Use another one."


class ContactChange(ABC):
    """What changes of a number and of an address have in common. A session has one of each under
    way at most, which is its newest code; nothing else is kept of it.
    """

    kind: ClassVar[Kind]
    taken: ClassVar[type[Conflict]]

    def __init__(self, database: Database, codes: Verifications, wake: Callable[[], None]) -> None:
        self._database, self.codes, self._wake = database, codes, wake

    async def pending(self, access: Access, origin: Origin) -> Pending | None:
        """The code that was not used yet, expired ones too."""
        latest = await self.codes.pending(self._asker(access, origin))
        return None if latest is None or latest.consumed else latest

    async def waiting_for(self, access: Access, origin: Origin) -> str | None:
        """The new value, while the code to it counts."""
        pending = await self.pending(access, origin)
        return pending.destination if pending and pending.seconds_left > 0 else None

    async def just_done(self, access: Access, origin: Origin) -> str | None:
        """The new value, when its code was right a moment ago and nothing was asked for since."""
        latest = await self.codes.pending(self._asker(access, origin))
        return latest.destination if latest and latest.just_proved else None

    async def prove(self, access: Access, raw: str, origin: Origin) -> str:
        """The new value, which is the account's from now on. Raises what `Verifications.check`
        does, and `taken`, which ends the change.
        """
        pending = await self.pending(access, origin)
        if pending is None:
            raise NoCode
        await self.codes.check(self._asker(access, origin), pending, raw)
        try:
            async with self._database.transaction() as connection:
                await self._replace(connection, access, pending, origin)
        except NotUnique:
            async with self._database.transaction() as connection:
                await self._refuse(connection, access, pending, origin)
        self._wake()
        return pending.destination

    async def resend(self, access: Access, origin: Origin, *, fresh: bool) -> bool:
        """Whether it is a new code, which asks for a fresh proof. Raises as `ask`, and `NoCode`."""
        pending = await self.pending(access, origin)
        if pending is None:
            raise NoCode
        is_new = not pending.worth_sending_again
        if is_new and not fresh:
            raise ConfirmationNeeded
        await self.codes.send(self._asker(access, origin), self._known(pending.destination))
        return is_new

    async def cancel(self, access: Access, origin: Origin) -> bool:
        """The code on its way proves nothing from now on. Whether there was one."""
        pending = await self.pending(access, origin)
        if pending is None:
            return False
        async with self._database.transaction() as connection:
            dropped = await self.codes.drop(connection, pending)
            if dropped:
                await self._record(connection, access, origin, "change_cancelled")
        return dropped

    @abstractmethod
    def _known(self, value: str) -> Phone | EmailAddress:
        """A value that was accepted before."""

    async def _replace(
        self, connection: Connection, access: Access, pending: Pending, origin: Origin
    ) -> None:
        held, value = await hold(connection, access.user_id), pending.destination
        await hold_session(connection, access)
        is_own = held.value(self.kind) == value  # by another session of the same person
        if not is_own and await is_taken(connection, self.kind, value):
            await self._refuse(connection, access, pending, origin)
        if not await self.codes.consume(connection, pending):
            raise NoCode
        if is_own:
            return
        await put(connection, held, self.kind, value)
        change_id = await add(connection, held, self.kind, value)
        await self._record(connection, access, origin, "changed")
        await tell_of_change(connection, held, self.kind, value, change_id, origin)

    async def _refuse(
        self, connection: Connection, access: Access, pending: Pending, origin: Origin
    ) -> None:
        """Ends the change. Raises `taken`."""
        await self.codes.drop(connection, pending)
        await self._record(connection, access, origin, "change_refused")
        raise self.taken

    async def _record(
        self, connection: Connection, access: Access, origin: Origin, fact: str
    ) -> None:
        event = f"account:{self.kind}_{fact}"
        await record(connection, event, user_id=access.user_id, network=origin.network)

    def _asker(self, access: Access, origin: Origin) -> Asker:
        return Asker(session_flow(access), f"change-{self.kind}", origin)


class PhoneChange(ContactChange):
    kind, taken = "phone", PhoneTaken

    def __init__(
        self,
        database: Database,
        codes: Verifications,
        wake: Callable[[], None],
        served: tuple[str, ...],
    ) -> None:
        super().__init__(database, codes, wake)
        self._served = served

    async def ask(
        self, access: Access, person: Person, typed: str, country: str, origin: Origin
    ) -> None:
        """Texts a code there. Raises `BadPhone`, `OwnPhone` and what `Verifications.start` does."""
        phone = Phone.parse(typed, self._served, country)
        if phone.e164 == person.phone:
            raise OwnPhone
        await ask_once(self.codes, self._asker(access, origin), phone)

    def _known(self, value: str) -> Phone:
        return Phone.known(value)


class EmailChange(ContactChange):
    kind, taken = "email", EmailTakenByOther

    async def ask(
        self, access: Access, person: Person, typed: str, origin: Origin, *, as_typed: bool
    ) -> None:
        """Mails a code there. Raises `BadEmail`, `OwnEmail` and what `Verifications.start` does."""
        email = EmailAddress.parse(typed, as_typed=as_typed)
        if email.value == person.email:
            raise OwnEmail
        await ask_once(self.codes, self._asker(access, origin), email)

    def _known(self, value: str) -> EmailAddress:
        return EmailAddress(value)
