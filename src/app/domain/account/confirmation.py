"""Step-up: a person who is signed in proves anew who they are, before what cannot be taken back."""

from hashlib import sha256

from app.domain.audit.events import record
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.errors import Rejected, Unauthenticated
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.users import People, Person
from app.domain.limits import Origin
from app.domain.ports import Connection, Database
from app.domain.queues import Together
from app.domain.sessions.access_tokens import Access
from app.domain.sessions.session import OTP, PASSWORD, Tokens
from app.domain.sessions.sessions import Sessions
from app.domain.verification.asker import Asker
from app.domain.verification.guesses import NoCode, Pending, WrongCode
from app.domain.verification.verifications import Verifications


class WrongPassword(Rejected):
    code = "wrong_password"
    field = "password"
    message = "That is not your password. Try again, or use a text code."


class Confirmation:
    """Bound to the session: what one browser proved says nothing about another. `codes` are the
    texts it can be done by.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        credentials: Credentials,
        sessions: Sessions,
        phones: Verifications,
    ) -> None:
        self._database, self._people, self._credentials = database, people, credentials
        self._sessions, self.codes = sessions, phones
        self._together = Together[Tokens]()

    async def by_password(self, access: Access, raw: str, device: Device) -> Tokens:
        """New tokens of the same session. Raises `WrongPassword`, `PasswordLocked`,
        `TooManyPasswords`, `Busy`.
        """
        if not raw:
            raise WrongPassword("Enter your password.")
        person = await self._person(access)
        try:
            checked = await self._credentials.check(EmailAddress(person.email), raw, device)
            async with self._database.transaction() as connection:
                await self._credentials.forgive(connection, checked)
                return await self._renewed(connection, access, PASSWORD, device.origin)
        except WrongCredentials:
            raise WrongPassword from None

    async def send_code(self, access: Access, origin: Origin) -> None:
        """Texts a code to the number of the account. Raises what `Verifications.start` does."""
        person = await self._person(access)
        await self.codes.send(confirmer(access, origin), Phone.known(person.phone))

    async def pending(self, access: Access, origin: Origin) -> Pending | None:
        """The code that was texted and not used yet."""
        pending = await self.codes.pending(confirmer(access, origin))
        return None if pending is None or pending.consumed else pending

    async def by_code(self, access: Access, raw: str, device: Device) -> Tokens:
        """New tokens of the same session. The same form a second time, whose first answer may have
        been lost, is given the same, until those were used. Raises what `Verifications.check` does.
        """
        form = (access.session_id, raw)
        return await self._together(form, lambda: self._by_code(access, raw, device.origin))

    async def _by_code(self, access: Access, raw: str, origin: Origin) -> Tokens:
        asker = confirmer(access, origin)
        latest = await self.codes.pending(asker)
        if latest is None:
            raise NoCode
        if latest.consumed:
            return await self._once_more(access, asker, latest, raw)
        await self.codes.check(asker, latest, raw)
        async with self._database.transaction() as connection:
            if not await self.codes.consume(connection, latest):
                raise NoCode
            return await self._renewed(connection, access, OTP, origin)

    async def _once_more(self, access: Access, asker: Asker, used: Pending, raw: str) -> Tokens:
        async with self._database.connection() as connection:
            given = await self._sessions.given_again(connection, access)
        if given is None or not used.just_proved:
            raise NoCode
        try:
            await self.codes.check(asker, used, raw)
        except WrongCode:
            raise NoCode from None
        return given

    async def _person(self, access: Access) -> Person:
        person = await self._people.find(access.user_id)
        if person is None:
            raise Unauthenticated
        return person

    async def _renewed(
        self, connection: Connection, access: Access, amr: tuple[str, ...], origin: Origin
    ) -> Tokens:
        await record(
            connection,
            "session:confirmed",
            user_id=access.user_id,
            network=origin.network,
            amr=" ".join(amr),
        )
        return await self._sessions.renew(connection, access, amr)


def confirmer(access: Access, origin: Origin) -> Asker:
    """Who asks: this session, and nobody else."""
    return Asker(session_flow(access), "confirm", origin)


def session_flow(access: Access) -> bytes:
    """What codes of a signed-in person are bound to, as a sign-up's are to its flow."""
    return sha256(b"session" + access.session_id.bytes).digest()
