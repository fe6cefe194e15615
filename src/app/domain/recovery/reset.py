"""The last step of a recovery: a new password, and everything that went with the old one ends."""

from collections.abc import Callable
from uuid import UUID

from app.domain.audit.events import record
from app.domain.credentials.budget import PasswordBudget
from app.domain.credentials.credentials import Credentials, WrongCredentials
from app.domain.credentials.device import Device
from app.domain.delivery.notices import queue_notice, queue_text_notice
from app.domain.errors import OutOfStep, TooMany
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.hashing import Passwords
from app.domain.identity.passwords import accepted_password
from app.domain.limits import Origin
from app.domain.ports import Connection, Database
from app.domain.queues import Together
from app.domain.recovery.accounts import (
    end_proof,
    lock_owner,
    phone_of,
    replace_password,
    use_proof,
)
from app.domain.recovery.recovery import Ending, Recovery
from app.domain.sessions.sessions import Sessions
from app.domain.verification.guesses import Pending


class Reset:
    """However often a recovery finishes, it changes one password once. `wake` is called after
    messages were queued.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        password_minimum: int,
        credentials: Credentials,
        budget: PasswordBudget,
        sessions: Sessions,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._passwords = database, passwords
        self._password_minimum = password_minimum
        self._credentials, self._budget = credentials, budget
        self._sessions, self._wake = sessions, wake
        self._together = Together[Ending]()

    async def __call__(self, recovery: Recovery, raw: str, device: Device) -> Ending:
        """Raises `WeakPassword`, `Busy`, `OutOfStep`. The same form, sent many times at once, costs
        one hash.
        """
        same_form = (recovery.id, raw)
        return await self._together(same_form, lambda: self._ended(recovery, raw, device))

    async def _ended(self, recovery: Recovery, raw: str, device: Device) -> Ending:
        proof = recovery.proof
        if proof is None:
            raise OutOfStep(recovery.step)
        if proof.user_id is None:
            password_hash = await self._hashed(proof.destination, raw)
            ending = await self._changed(recovery.id, proof, password_hash, device.origin)
            if ending is not Ending.CHANGED_ELSEWHERE:
                return ending
        return await self._again(EmailAddress(proof.destination), raw, device)

    async def _hashed(self, email: str, raw: str) -> str:
        async with self._database.connection() as connection:
            phone = await phone_of(connection, email)
        personal = (email, phone) if phone else (email,)
        password = accepted_password(raw, self._password_minimum, personal)
        # Hashing takes a core for some 20 ms: no connection is held meanwhile.
        return await self._passwords.hash(password)

    async def _changed(
        self, flow_id: bytes, proof: Pending, password_hash: str, origin: Origin
    ) -> Ending:
        """All of it in one transaction."""
        async with self._database.transaction() as connection:
            owner = await lock_owner(connection, proof.destination)
            if owner is None:
                await end_proof(connection, proof.id)
                return Ending.NO_ACCOUNT
            if not await use_proof(connection, proof.id, owner):
                return Ending.CHANGED_ELSEWHERE
            await replace_password(connection, owner, password_hash)
            await self._sessions.end_all(connection, owner, "password reset", origin)
            await self._budget.forgive_all(connection, EmailAddress(proof.destination))
            await _told(connection, flow_id, owner, origin)
        self._wake()
        return Ending.CHANGED

    async def _again(self, email: EmailAddress, raw: str, device: Device) -> Ending:
        """The same form a second time, whose first answer may have been lost, has changed it too.
        Looked at as a sign-in would be, and counted: nobody tries passwords here.
        """
        try:
            checked = await self._credentials.check(email, raw, device)
            async with self._database.transaction() as connection:
                await self._credentials.forgive(connection, checked)
        except (WrongCredentials, TooMany):
            return Ending.CHANGED_ELSEWHERE
        return Ending.CHANGED


async def _told(connection: Connection, flow_id: bytes, owner: UUID, origin: Origin) -> None:
    """Both contacts, since whoever did it holds at least one of them."""
    network = origin.network
    await record(connection, "recovery:completed", user_id=owner, flow_id=flow_id, network=network)
    await queue_notice(connection, "password_reset", owner, origin, network=network)
    await queue_text_notice(connection, "password_reset_text", owner, origin)
