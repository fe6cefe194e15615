"""Step-up: a person who is signed in proves anew who they are, before what cannot be taken back.

By another kind than opened the session: a moved number or guessed password is not enough for all.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Never

from app.domain.audit import AuditEvent, record
from app.domain.concurrency import SingleFlight
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.federation.identities import Identities
from app.domain.i18n import N_, _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.phone import Phone
from app.domain.identity.provider import ExternalIdentity
from app.domain.identity.users import Person
from app.domain.limits import Origin
from app.domain.moments import Moment
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database
from app.domain.sessions.factors import Factor, confirming_factors
from app.domain.sessions.session import ConfirmationNeeded, Tokens
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.verification.checking import WrongCode, check_code
from app.domain.verification.held import find_pending_or_held
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.sending import CodeSent, resend_or_hold
from app.domain.verification.verification import Challenge, Verifications


class WrongPassword(Rejected):
    code = "wrong_password"
    field = "password"
    message = _("That isn’t your password. Try again, or use a code.")


class MethodNotOffered(Rejected):
    """Whoever opened the session has shown it already, or the account has none of the kind."""

    code = "not_this_way"
    message = _("That doesn’t count here, because you signed in with it. Confirm another way.")


class RecoveredPassword(Rejected):
    """Beside a code by mail it counts from a moment on. `alone`: nothing else confirms so far."""

    code = "recovered_password"

    def __init__(self, counts_from: datetime, *, alone: bool = False) -> None:
        sentence = NOTHING_ELSE if alone else NO_MORE
        super().__init__(_(sentence, when=Moment(counts_from)), field=None if alone else "password")


class MailedPassword(Rejected):
    """Beside Auth0, behind which the same mailbox may be."""

    code = "password_by_mail"
    field = "password"
    message = _(
        "You set this password with a code by e-mail, so here it proves no more than that code"
        " does. It counts again once you’ve confirmed with your phone and chosen a new password."
    )


NO_MORE = N_(
    "You set this password with a code by e-mail, so for 7 days it proves no more than that code"
    " does. You can use it here %(when)s."
)
NOTHING_ELSE = N_(
    "You chose your password with a code by e-mail. You can confirm with it %(when)s."
)
SIGNUP = "signup"  # what opened a session, beside the kinds of proof
NOT_HERE = _("That doesn’t count here. Confirm another way.")


@dataclass(frozen=True, slots=True)
class ConfirmationMethods:
    """What confirms a session. `opened` is what opened it, None for a sign-up. Where nothing
    does, something will from `more_from` on. `one_mailbox`: more would, but for a password by mail.
    """

    opened: Factor | None
    kinds: tuple[Factor, ...]
    more_from: datetime | None = None
    one_mailbox: bool = False

    def check(self, kind: Factor) -> None:
        """Raises `MethodNotOffered`, or `RecoveredPassword` where nothing counts yet."""
        if self.more_from and not self.kinds:
            raise RecoveredPassword(self.more_from, alone=True)
        if kind not in self.kinds:
            raise MethodNotOffered(None if kind is self.opened else NOT_HERE)

    @property
    def code(self) -> Factor:
        """Where a code is sent to: a session has no more than one such way."""
        return Factor.PHONE if Factor.PHONE in self.kinds else Factor.EMAIL


class Confirmation:
    """Bound to the session: what one browser proved says nothing about another."""

    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        sessions: Sessions,
        identities: Identities,
        codes: dict[Factor, Verifications],
    ) -> None:
        self._database, self._credentials, self._sessions = database, credentials, sessions
        self._identities, self._codes = identities, codes
        self._single_flight = SingleFlight[Tokens]()

    async def find_methods(self, access: Access, person: Person) -> ConfirmationMethods:
        """Raises `Unauthenticated` for a session that has ended."""
        has_provider = await self._identities.can_vouch_for(person.id)
        had = {
            kind
            for kind, has in (
                (Factor.PHONE, person.phone),
                (Factor.EMAIL, person.email),
                (Factor.PASSWORD, person.password_changed_at),
                (Factor.PROVIDER, has_provider),
            )
            if has
        }
        opened = await self._sessions.find_opening_factor(access)
        kinds = confirming_factors(opened, had)
        allowed = confirming_factors(
            opened,
            had,
            by_mail=person.password_by_mail,
            lately=person.password_counts_from is not None,
        )
        more_from = None if allowed else person.password_counts_from
        return ConfirmationMethods(opened, allowed, more_from, not set(kinds) <= set(allowed))

    def codes_for(self, methods: ConfirmationMethods) -> Verifications:
        """Of the phone or of the mailbox."""
        return self._codes[methods.code]

    async def submit_proof(
        self, access: Access, person: Person, device: Device, *, code: str, password: str
    ) -> Outcome[Never]:
        """A code when one is given, else the password: the next tokens of the session. Raises what
        `confirm_by_code` and `confirm_by_password` do.
        """
        if code:
            return confirmed(await self.confirm_by_code(access, person, code, device))
        return confirmed(await self.confirm_by_password(access, person, password, device))

    async def require_proof(
        self, access: Access, person: Person, device: Device, *, code: str, password: str
    ) -> None:
        """Before what cannot be taken back: what is given has to be right; where nothing is, the
        last proof counts. Raises `ConfirmationNeeded` too.
        """
        if code or password:
            await self.submit_proof(access, person, device, code=code, password=password)
        elif not await self._sessions.is_fresh(access):
            if Factor.PASSWORD in (await self.find_methods(access, person)).kinds:
                raise WrongPassword(_("Enter your password."))
            raise ConfirmationNeeded

    async def confirm_by_password(
        self, access: Access, person: Person, raw: str, device: Device
    ) -> Tokens:
        """New tokens of the same session. Raises `MethodNotOffered`, `RecoveredPassword`,
        `MailedPassword`, `WrongPassword`, `PasswordLocked`, `TooManyPasswords`, `Busy`.
        """
        methods = await self.find_methods(access, person)
        if methods.one_mailbox and methods.kinds and methods.opened is Factor.PROVIDER:
            raise MailedPassword
        methods.check(Factor.PASSWORD)
        if not raw:
            raise WrongPassword(_("Enter your password."))
        try:
            checked = await self._credentials.check_password(person.contacts[0], raw, device)
            async with self._database.transaction() as connection:
                await self._credentials.forgive_failures(connection, checked)
                return await self._renew_session(connection, access, Factor.PASSWORD, device.origin)
        except WrongCredentials:
            raise WrongPassword from None

    async def check_provider(self, access: Access, person: Person) -> None:
        """Before someone is sent there. Raises what `ConfirmationMethods.check` does."""
        (await self.find_methods(access, person)).check(Factor.PROVIDER)

    async def confirm_by_provider(
        self, access: Access, person: Person, has_provider: ExternalIdentity, origin: Origin
    ) -> Outcome[Never]:
        """New tokens of the same session, for who came back from it just now. Raises `NotLinked`,
        and what `ConfirmationMethods.check` does.
        """
        await self.check_provider(access, person)
        async with self._database.transaction() as connection:
            await self._identities.check_owner(connection, person.id, has_provider)
            tokens = await self._renew_session(connection, access, Factor.PROVIDER, origin)
        return confirmed(tokens)

    async def send_code(self, access: Access, person: Person, origin: Origin) -> CodeSent:
        """To the account's contact. Raises what `check` of the methods and `resend_or_hold` do."""
        methods = await self.find_methods(access, person)
        methods.check(methods.code)
        codes, challenge = self.codes_for(methods), session_challenge(access, methods, origin)
        if methods.code is Factor.PHONE and person.phone:
            return await resend_or_hold(codes, challenge, Phone.from_e164(person.phone))
        if person.email is None:
            raise MethodNotOffered
        return await resend_or_hold(codes, challenge, EmailAddress(person.email))

    async def find_pending(
        self, access: Access, methods: ConfirmationMethods, origin: Origin
    ) -> PendingCode | None:
        """The code that was sent and not used yet, or what the session is held for."""
        pending = await find_pending_or_held(
            self.codes_for(methods), session_challenge(access, methods, origin)
        )
        return None if pending is None or pending.consumed else pending

    async def confirm_by_code(
        self, access: Access, person: Person, raw: str, device: Device
    ) -> Tokens:
        """New tokens of the same session. The same form a second time, whose first answer may have
        been lost, is given the same, until those were used. Raises what `ConfirmationMethods.check`
        and `check_code` do.
        """
        methods, form = await self.find_methods(access, person), (access.session_id, raw)
        methods.check(methods.code)
        return await self._single_flight.run(
            form, lambda: self._confirm_by_code(access, methods, raw, device.origin)
        )

    async def _confirm_by_code(
        self, access: Access, methods: ConfirmationMethods, raw: str, origin: Origin
    ) -> Tokens:
        codes, challenge = self.codes_for(methods), session_challenge(access, methods, origin)
        latest = await find_pending_or_held(codes, challenge)
        if latest is None:
            raise NoCode
        if latest.consumed:
            return await self.reissue_tokens(access, codes, challenge, latest, raw)
        await check_code(codes, challenge, latest, raw)
        async with self._database.transaction() as connection:
            if not await codes.consume_code(connection, latest):
                raise NoCode
            return await self._renew_session(connection, access, methods.code, origin)

    async def reissue_tokens(
        self,
        access: Access,
        codes: Verifications,
        challenge: Challenge,
        used: PendingCode,
        raw: str,
    ) -> Tokens:
        """What the code has just given, until that was used. Raises `NoCode`."""
        async with self._database.connection() as connection:
            given = await self._sessions.reissue_tokens(connection, access)
        if given is None or not used.was_just_proved:
            raise NoCode
        try:
            await check_code(codes, challenge, used, raw)
        except WrongCode:
            raise NoCode from None
        return given

    async def _renew_session(
        self, connection: Connection, access: Access, by: Factor, origin: Origin
    ) -> Tokens:
        await record(
            connection,
            AuditEvent.SESSION_CONFIRMED,
            user_id=access.user_id,
            network=origin.network,
            by=by,
        )
        return await self._sessions.renew_session(connection, access, by)


def session_challenge(access: Access, methods: ConfirmationMethods, origin: Origin) -> Challenge:
    """Who asks: this session, and nobody else."""
    return Challenge(session_flow(access), "confirm", origin, methods.opened or SIGNUP)


def session_flow(access: Access) -> bytes:
    """What codes of a signed-in person are bound to, as a sign-up's are to its flow."""
    return sha256(b"session" + access.session_id.bytes).digest()


def confirmed(tokens: Tokens) -> Outcome[Never]:
    """The same session goes on with these."""
    return Outcome(tokens=tokens, notices=("confirmed",))
