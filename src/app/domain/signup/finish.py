"""The end of a sign-up: the account is made, once, and its first session opened. By a password, or
by the last proof where a provider vouches for the person.
"""

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from app.domain.audit.events import record
from app.domain.credentials.device import Device
from app.domain.errors import OutOfStep
from app.domain.federation.proofs import link_identity
from app.domain.identity.hashing import Passwords
from app.domain.identity.passwords import accepted_password
from app.domain.limits import Origin
from app.domain.ports import Connection, Database, NotUnique
from app.domain.queues import OneAtATime, Together
from app.domain.sessions.session import OTP, Opened
from app.domain.sessions.sessions import Sessions
from app.domain.signup.accounts import (
    Account,
    EmailTaken,
    Proofs,
    ProveAgain,
    account_of,
    create_account,
    drop_email,
    drop_phone,
    proofs_of,
    spend_proofs,
)
from app.domain.signup.signup import Signup, Step

PASSWORD_TOO = (*OTP, "pwd")
IDENTITY_TOO = (*OTP, "fed")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The end of a sign-up. `existing`: the number had an account, which was opened instead;
    `linked`: with an identity as another way in from now on, or made by one; `left_out`: it was to
    be linked and could not.
    """

    session: Opened
    existing: bool
    linked: bool = False
    left_out: bool = False


class Finish:
    """However many finish with one number, one account is made and all are answered."""

    def __init__(
        self, database: Database, passwords: Passwords, sessions: Sessions, password_minimum: int
    ) -> None:
        self._database, self._passwords, self._sessions = database, passwords, sessions
        self._password_minimum = password_minimum
        self._one_at_a_time = OneAtATime()
        self._together = Together[SignedIn]()

    async def __call__(self, signup: Signup, raw: str, device: Device) -> SignedIn:
        """Raises `WeakPassword`, `EmailTaken`, `Busy`, `ProveAgain`, `OutOfStep`. The same form,
        sent many times at once, costs one hash.
        """
        same_form = (signup.id, raw)
        return await self._together(same_form, lambda: self._finished(signup, raw, device))

    async def _finished(self, signup: Signup, raw: str, device: Device) -> SignedIn:
        async with self._one_at_a_time(signup.number.e164):
            proofs, account = await self._found(signup)
            if proofs.user_id is None and account is None:
                password = accepted_password(
                    raw, self._password_minimum, (proofs.email, proofs.phone)
                )
                # Hashing takes a core for some 20 ms: no connection is held meanwhile.
                made = await self._created(signup, await self._passwords.hash(password), device)
                if made:
                    return made
                proofs, account = await self._found(signup)
            if proofs.user_id is None:
                await self._refuse_proof(signup, device)
            return await self._again(proofs, account, raw, device)

    async def _found(self, signup: Signup) -> tuple[Proofs, Account | None]:
        """What the flow has proved, and who has its number by now."""
        async with self._database.connection() as connection:
            proofs = await proofs_of(connection, signup.id)
            if proofs is None:
                raise OutOfStep(Step.PHONE)
            return proofs, await account_of(connection, proofs.phone)

    async def by_identity(
        self, connection: Connection, signup: Signup, device: Device
    ) -> SignedIn | None:
        """In the transaction of the last proof. None while one is missing, or when phone or e-mail
        have an account by now. Raises `NotUnique` when the identity gets one at this very moment.
        """
        proofs = await proofs_of(connection, signup.id)
        if proofs is None or proofs.user_id or not proofs.has_identity:
            return None
        user_id = await create_account(connection, proofs, None)
        if user_id is None:
            if await account_of(connection, proofs.phone) is None:
                await drop_email(connection, signup.id)
            return None
        if not await link_identity(connection, signup.id, user_id):
            raise NotUnique
        opened = await self._open(connection, signup, user_id, IDENTITY_TOO, device)
        return SignedIn(opened, existing=False, linked=True)

    async def open_existing(
        self,
        connection: Connection,
        signup: Signup,
        account: Account,
        device: Device,
        *,
        linked: bool = False,
    ) -> SignedIn:
        """Who has just proved the number of an account is let into it."""
        await spend_proofs(connection, signup.id, account.id)
        opened = await self._sessions.open(connection, account.id, OTP, device)
        await self._sessions.tell_of_device(connection, opened, device)
        return SignedIn(opened, existing=True, linked=linked)

    async def _refuse_proof(self, signup: Signup, device: Device) -> NoReturn:
        """The number got its account elsewhere, maybe somebody else's: numbers change hands."""
        async with self._database.transaction() as connection:
            await drop_phone(connection, signup.id)
            await recorded(connection, "signup:proof_refused", signup, device.origin)
        raise ProveAgain(Step.PHONE)

    async def _again(
        self, proofs: Proofs, account: Account | None, raw: str, device: Device
    ) -> SignedIn:
        """The same form a second time, whose first answer may have been lost: a sign-in to the
        account it made, with the password just chosen, and only with it.
        """
        made_here = account is not None and account.id == proofs.user_id
        if account is None or not made_here or not await self._is_password_of(account, raw):
            raise OutOfStep(Step.DONE)
        async with self._database.transaction() as connection:
            opened = await self._sessions.open(connection, account.id, PASSWORD_TOO, device)
        return SignedIn(opened, existing=False)

    async def _is_password_of(self, account: Account, raw: str) -> bool:
        stored = account.password_hash
        return stored is not None and await self._passwords.verify(stored, raw)

    async def _created(self, signup: Signup, password_hash: str, device: Device) -> SignedIn | None:
        """None when the flow was finished, or its number got an account, while this one hashed."""
        async with self._database.transaction() as connection:
            proofs = await proofs_of(connection, signup.id)
            if proofs is None:
                raise OutOfStep(Step.PHONE)
            if proofs.user_id:
                return None
            user_id = await create_account(connection, proofs, password_hash)
            if user_id is None:
                if await account_of(connection, proofs.phone):
                    return None
                await drop_email(connection, signup.id)
                raise EmailTaken
            linked = proofs.has_identity and await link_identity(connection, signup.id, user_id)
            opened = await self._open(connection, signup, user_id, PASSWORD_TOO, device)
        return SignedIn(opened, existing=False, linked=linked)

    async def _open(
        self,
        connection: Connection,
        signup: Signup,
        user_id: UUID,
        amr: tuple[str, ...],
        device: Device,
    ) -> Opened:
        """The first session of an account that was just made."""
        await spend_proofs(connection, signup.id, user_id)
        await recorded(connection, "signup:completed", signup, device.origin)
        return await self._sessions.open(connection, user_id, amr, device)


async def recorded(connection: Connection, event: str, signup: Signup, origin: Origin) -> None:
    """An audit event of this sign-up."""
    await record(connection, event, flow_id=signup.id, network=origin.network)
