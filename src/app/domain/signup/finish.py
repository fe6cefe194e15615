"""The end of a sign-up: the account is made, once, and its first session opened. By a password, or
by the last proof where a provider vouches for the person.
"""

from typing import NoReturn
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.concurrency import KeyedLock, SingleFlight
from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.federation.proofs import link_first_identity
from app.domain.identity.hashing import PasswordHashing
from app.domain.identity.passwords import NewPasswords
from app.domain.limits import Origin
from app.domain.outcome import Outcome
from app.domain.ports import Connection, Database, NotUnique
from app.domain.sessions.factors import FEDERATED, MULTIPLE, OTP, PASSWORD
from app.domain.sessions.session import OpenedSession
from app.domain.sessions.sessions import Sessions
from app.domain.signup.accounts import (
    Account,
    EmailTaken,
    Proofs,
    ProveAgain,
    create_account,
    drop_email,
    drop_phone,
    find_account,
    find_proofs,
    spend_proofs,
)
from app.domain.signup.signup import Signup, Step

# A sign-up shows two kinds of proof at once.
PASSWORD_TOO = (*OTP, *PASSWORD, MULTIPLE)
IDENTITY_TOO = (*OTP, *FEDERATED, MULTIPLE)
# What opened a session, as the browser remembers it for the next time.
BY_PHONE, AUTH0 = "phone", "auth0"


class SignupCompletion:
    """However many finish with one number, one account is made and all are answered."""

    def __init__(
        self,
        database: Database,
        passwords: PasswordHashing,
        new_passwords: NewPasswords,
        sessions: Sessions,
    ) -> None:
        self._database, self._sessions = database, sessions
        self._hasher, self._new_passwords = passwords, new_passwords
        self._one_at_a_time = KeyedLock()
        self._single_flight = SingleFlight[Outcome[Step]]()

    async def complete_signup(self, signup: Signup, raw: str, device: Device) -> Outcome[Step]:
        """Raises `EmailTaken`, `ProveAgain`, `OutOfStep` and what `NewPasswords` does. The same
        form, sent many times at once, costs one hash.
        """
        same_form = (signup.id, raw)
        return await self._single_flight.run(
            same_form, lambda: self._complete_signup(signup, raw, device)
        )

    async def _complete_signup(self, signup: Signup, raw: str, device: Device) -> Outcome[Step]:
        async with self._one_at_a_time.hold(signup.number.e164):
            proofs, account = await self._find_account(signup)
            if proofs.user_id is None and account is None:
                password_hash = await self._new_passwords.check_and_hash(
                    raw, (proofs.email, proofs.phone), (_counted(signup),)
                )
                made = await self._create_account(signup, password_hash, device)
                if made:
                    return made
                proofs, account = await self._find_account(signup)
            if proofs.user_id is None:
                await self._refuse_proof(signup, device)
            return await self._repeat_sign_in(signup, proofs, account, raw, device)

    async def _find_account(self, signup: Signup) -> tuple[Proofs, Account | None]:
        """What the flow has proved, and who has its number by now."""
        async with self._database.connection() as connection:
            proofs = await find_proofs(connection, signup.id)
            if proofs is None:
                raise OutOfStep(Step.PHONE)
            return proofs, await find_account(connection, proofs.phone)

    async def complete_by_identity(
        self, connection: Connection, signup: Signup, device: Device
    ) -> Outcome[Step] | None:
        """In the transaction of the last proof. None while one is missing, or when phone or e-mail
        have an account by now. Raises `NotUnique` when the identity gets one at this very moment.
        """
        proofs, user_id = await create_account(connection, signup, None, device.origin)
        if proofs is None or proofs.user_id or not proofs.has_identity:
            return None
        if user_id is None:
            if await find_account(connection, proofs.phone) is None:
                await drop_email(connection, signup.id)
            return None
        if not await link_first_identity(connection, signup.id, user_id):
            raise NotUnique
        opened = await self._open_session(connection, proofs, user_id, IDENTITY_TOO, device)
        return _new_account(opened, AUTH0)

    async def open_existing(
        self, connection: Connection, signup: Signup, account: Account, device: Device
    ) -> OpenedSession:
        """Who has just proved the number of an account is let into it."""
        await spend_proofs(connection, signup.id, account.id)
        opened = await self._sessions.open_session(
            connection, account.id, account.contacts, OTP, device
        )
        await self._sessions.queue_device_notice(connection, opened, device)
        return opened

    async def _refuse_proof(self, signup: Signup, device: Device) -> NoReturn:
        """The number got its account elsewhere, maybe someone else's: numbers change hands."""
        async with self._database.transaction() as connection:
            await drop_phone(connection, signup.id)
            await record_signup(connection, AuditEvent.SIGNUP_PROOF_REFUSED, signup, device.origin)
        raise ProveAgain(Step.PHONE)

    async def _repeat_sign_in(
        self, signup: Signup, proofs: Proofs, account: Account | None, raw: str, device: Device
    ) -> Outcome[Step]:
        """The same form a second time, whose first answer may have been lost: a sign-in to the
        account it made, with the password just chosen, and only with it.
        """
        made_here = account is not None and account.id == proofs.user_id
        if account is None or not made_here:
            raise OutOfStep(Step.DONE)
        await self._new_passwords.count((_counted(signup),))
        if not await self._is_password_of(account, raw):
            raise OutOfStep(Step.DONE)
        async with self._database.transaction() as connection:
            opened = await self._sessions.open_session(
                connection, account.id, account.contacts, PASSWORD, device
            )
        return _new_account(opened, BY_PHONE)

    async def _is_password_of(self, account: Account, raw: str) -> bool:
        stored = account.password_hash
        return stored is not None and await self._hasher.verify_password(stored, raw)

    async def _create_account(
        self, signup: Signup, password_hash: str, device: Device
    ) -> Outcome[Step] | None:
        """None when the flow was finished, or its number got an account, while this one hashed."""
        async with self._database.transaction() as connection:
            proofs, user_id = await create_account(connection, signup, password_hash, device.origin)
            if proofs is None:
                raise OutOfStep(Step.PHONE)
            if proofs.user_id:
                return None
            if user_id is None:
                if await find_account(connection, proofs.phone):
                    return None
                await drop_email(connection, signup.id)
                raise EmailTaken
            linked = proofs.has_identity and await link_first_identity(
                connection, signup.id, user_id
            )
            opened = await self._open_session(connection, proofs, user_id, PASSWORD_TOO, device)
        return _new_account(opened, AUTH0 if linked else BY_PHONE)

    async def _open_session(
        self,
        connection: Connection,
        proofs: Proofs,
        user_id: UUID,
        amr: tuple[str, ...],
        device: Device,
    ) -> OpenedSession:
        """The first session of an account that was just made."""
        contacts = (proofs.email, proofs.phone)
        return await self._sessions.open_session(connection, user_id, contacts, amr, device)


def existing_account(opened: OpenedSession, *, linked: bool = False) -> Outcome[Step]:
    """`linked`: with an identity as another way in from now on."""
    if linked:
        return Outcome(session=opened, method=AUTH0, notices=("linked",))
    return Outcome(session=opened, method=BY_PHONE, notices=("existing",))


def _new_account(opened: OpenedSession, method: str) -> Outcome[Step]:
    return Outcome(session=opened, method=method, is_new_account=True)


def _counted(signup: Signup) -> str:
    """What passwords are counted by while there is no account."""
    return f"signup:{signup.id.hex()}"


async def record_signup(
    connection: Connection, event: AuditEvent, signup: Signup, origin: Origin
) -> None:
    """An audit event of this sign-up."""
    await record(connection, event, flow_id=signup.id, network=origin.network)
