"""Confirming without the phone, for who has lost it: asked for, and a day later proved."""

from enum import StrEnum
from uuid import UUID

from uuid_utils.compat import uuid7

from app.domain.account.confirmation import (
    Confirmation,
    MethodNotOffered,
    RecoveredPassword,
    WrongPassword,
    confirmed,
    session_flow,
)
from app.domain.account.delayed_changes import DELAY, USABLE, sql, text_of_delay
from app.domain.audit import AuditEvent, record
from app.domain.concurrency import SingleFlight
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice
from app.domain.i18n import _
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.users import Person, lock_contacts, require_room_for_delayed
from app.domain.limit_refusals import TooSoon
from app.domain.limits import LimitTable, Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database
from app.domain.sessions.factors import Factor
from app.domain.sessions.session import confirm_without_phone, lock_session
from app.domain.sessions.sessions import Sessions
from app.domain.sessions.tokens import Access
from app.domain.verification.checking import check_code
from app.domain.verification.held import find_pending_or_held
from app.domain.verification.pending import NoCode, PendingCode
from app.domain.verification.sending import CodeSent, resend_or_hold
from app.domain.verification.verification import Challenge, Verifications

# Requests to confirm without the phone: a day after one, and for a week, the password and a code by
# mail confirm a session, once. Both contacts are told of it, so that the owner can stop it.


async def request_confirmation(
    connection: Connection, user_id: UUID, limits: LimitTable, origin: Origin
) -> bool:
    """Whether it is a new request, of which both contacts are told. In a transaction that holds the
    person. Raises `TooManyChanges`.
    """
    await require_room_for_delayed(connection, user_id, limits)
    due_at = await connection.fetchval(
        *sql.request_confirmation(
            id=uuid7(), user_id=user_id, network=origin.network, delay=DELAY, usable=USABLE
        )
    )
    if due_at is None:
        return False
    await record(
        connection,
        AuditEvent.ACCOUNT_CONFIRMATION_REQUESTED,
        user_id=user_id,
        network=origin.network,
    )
    facts = {"due": due_at.isoformat(), "until": (due_at + USABLE).isoformat()}
    await queue_notice(connection, "confirmation_requested", user_id, origin, **facts)
    await text_of_delay(connection, user_id, origin)
    return True


async def use_request(connection: Connection, user_id: UUID) -> bool:
    """Whether there was one to use, which is gone then. In a transaction that holds the person."""
    used = sql.use_request(user_id=user_id, usable=USABLE)
    return await connection.fetchval(*used) is not None


PURPOSE = "confirm-without-phone"


class Step(StrEnum):
    PASSWORD = "password"  # noqa: S105 - the name of a step
    CODE = "code"
    WAIT = "wait"  # for the day after which it is done once more


class WithoutPhone:
    """For sessions that were opened by the password, of accounts with a phone: others have a way
    without it, or have shown it. A code is only ever sent after the password, so one that waits
    tells of both.
    """

    def __init__(
        self,
        database: Database,
        credentials: Credentials,
        sessions: Sessions,
        confirmation: Confirmation,
        mailboxes: Verifications,
        limits: LimitTable,
    ) -> None:
        self._database, self._credentials, self._sessions = database, credentials, sessions
        self._confirmation, self.codes = confirmation, mailboxes
        self._limits = limits
        self._single_flight = SingleFlight[Outcome[Step]]()

    async def check(self, access: Access, person: Person) -> None:
        """Raises `MethodNotOffered` for a session that need not do without."""
        await self._mailbox(access, person)

    async def _mailbox(self, access: Access, person: Person) -> EmailAddress:
        """Where its codes go. Raises as `check`."""
        methods = await self._confirmation.find_methods(access, person)
        if (
            methods.opened is not Factor.PASSWORD
            or Factor.PHONE not in methods.kinds
            or not person.email
        ):
            raise MethodNotOffered(_("You have another way to confirm. Use one of these."))
        return EmailAddress(person.email)

    async def submit_proof(
        self,
        access: Access,
        person: Person,
        device: Device,
        *,
        code: str,
        password: str,
        for_contact: bool,
    ) -> Outcome[Step]:
        """A code when one is given, else the password, which mails one. `for_contact`: a new number
        or address is wanted. Raises what `submit_code` and `submit_password` do.
        """
        if not code:
            return await self.submit_password(access, person, password, device)
        return await self.submit_code(access, person, code, device.origin, for_contact=for_contact)

    async def submit_password(
        self, access: Access, person: Person, raw: str, device: Device
    ) -> Outcome[Step]:
        """Mails a code. Raises `MethodNotOffered`, what the check of a password does,
        `RecoveredPassword`, and what `resend_code` does.
        """
        mailbox = await self._mailbox(access, person)
        if not raw:
            raise WrongPassword(_("Enter your password."))
        try:
            checked = await self._credentials.check_password(mailbox.value, raw, device)
        except WrongCredentials:
            raise WrongPassword(_("That isn’t your password. Try again.")) from None
        async with self._database.transaction() as connection:
            await self._credentials.forgive_failures(connection, checked)
        if person.password_counts_from:
            raise RecoveredPassword(person.password_counts_from)
        try:
            await resend_or_hold(self.codes, _challenge(access, device.origin), mailbox)
        except TooSoon:
            return Outcome(Step.CODE)
        return Outcome(Step.CODE, notices=("code-mailed",))

    async def find_pending(self, access: Access, origin: Origin) -> PendingCode | None:
        """The code that was mailed and not used yet, or what the session is held for."""
        pending = await find_pending_or_held(self.codes, _challenge(access, origin))
        return None if pending is None or pending.consumed else pending

    async def resend_code(self, access: Access, person: Person, origin: Origin) -> CodeSent:
        """Raises `MethodNotOffered`, and what `resend_code` does."""
        mailbox, pending = (
            await self._mailbox(access, person),
            await self.find_pending(access, origin),
        )
        if pending is None:
            raise NoCode
        return await resend_or_hold(self.codes, _challenge(access, origin), mailbox)

    async def submit_code(
        self, access: Access, person: Person, raw: str, origin: Origin, *, for_contact: bool
    ) -> Outcome[Step]:
        """New tokens of the session, which is confirmed as by two kinds, where that was requested a
        day ago. Else a change of a contact can be asked for, or the request is made. The same form
        a second time is given the same tokens, until those were used. Raises `MethodNotOffered`,
        `TooManyChanges` and what `check_code` does.
        """
        await self.check(access, person)
        form = (access.session_id, raw, for_contact)
        return await self._single_flight.run(
            form, lambda: self._submit_code(access, raw, origin, for_contact=for_contact)
        )

    async def _submit_code(
        self, access: Access, raw: str, origin: Origin, *, for_contact: bool
    ) -> Outcome[Step]:
        challenge = _challenge(access, origin)
        latest = await find_pending_or_held(self.codes, challenge)
        if latest is None:
            raise NoCode
        if latest.consumed:
            tokens = await self._confirmation.reissue_tokens(
                access, self.codes, challenge, latest, raw
            )
            return confirmed(tokens)
        await check_code(self.codes, challenge, latest, raw)
        async with self._database.transaction() as connection:
            await lock_contacts(connection, access.user_id)
            await lock_session(connection, access)
            if not await self.codes.consume_code(connection, latest):
                raise NoCode
            if await use_request(connection, access.user_id):
                await _record(connection, AuditEvent.SESSION_CONFIRMED, access, origin)
                return confirmed(
                    await self._sessions.renew_session(connection, access, Factor.EMAIL)
                )
            if for_contact:
                await _record(
                    connection, AuditEvent.SESSION_CONFIRMED_WITHOUT_PHONE, access, origin
                )
                await confirm_without_phone(connection, access)
                return Outcome(notices=("confirmed-without-phone",))
            is_new = await request_confirmation(connection, access.user_id, self._limits, origin)
            notice = "confirmation-requested" if is_new else "confirmation-waits"
            return Outcome(Step.WAIT, notices=(notice,))


async def _record(
    connection: Connection, event: AuditEvent, access: Access, origin: Origin
) -> None:
    await record(
        connection, event, user_id=access.user_id, network=origin.network, by="password and e-mail"
    )


def _challenge(access: Access, origin: Origin) -> Challenge:
    return Challenge(session_flow(access), PURPOSE, origin, Factor.PASSWORD)
