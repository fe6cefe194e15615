"""E-mail and password, checked with the same work whether or not anybody has the address."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.credentials import statements
from app.domain.credentials.budget import Attempt, PasswordBudget
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.hashing import Busy, Passwords
from app.domain.identity.passwords import MOST_BYTES
from app.domain.ports import Connection, Database, Record


class WrongCredentials(Rejected):
    """One and the same for every pair that does not fit, known address or not."""

    code = "invalid_credentials"
    field = "password"
    message = "That e-mail and password do not fit together. Check both, or use your phone."


@dataclass(frozen=True, slots=True)
class Checked:
    """A right password: whose it is, since when, and the attempt to be forgiven."""

    user_id: UUID
    changed_at: datetime | None
    attempt: Attempt


class Credentials:
    def __init__(self, database: Database, passwords: Passwords, budget: PasswordBudget) -> None:
        self._database, self._passwords, self._budget = database, passwords, budget

    async def check(self, email: EmailAddress, password: str, device: Device) -> Checked:
        """Raises `WrongCredentials`, `PasswordLocked`, `TooManyPasswords`, `Busy`."""
        attempt, owner = await self._budget.take(email, device)
        stored = owner["password_hash"]
        try:
            right = await self._fits(stored, password)
        except Busy:
            await self._budget.undo(attempt)
            raise
        if not right:
            await self._budget.refuse(attempt, device.origin)
            raise WrongCredentials
        await self._budget.give_back(attempt)
        await self._rehash(owner, password)
        return Checked(owner["id"], owner["password_changed_at"], attempt)

    async def forgive(self, connection: Connection, checked: Checked) -> None:
        """In the transaction that uses the proof: what was wrong before no longer counts. Raises
        `WrongCredentials` when the password was replaced since it was looked at.
        """
        attempt = checked.attempt
        proved = (checked.user_id, checked.changed_at, attempt.subject, attempt.device)
        if not await connection.fetchval(statements.UNCHANGED, *proved):
            raise WrongCredentials

    async def _fits(self, stored: str | None, password: str) -> bool:
        """Nobody's costs as much as somebody's."""
        too_long = len(password.encode()) > MOST_BYTES
        fits = await self._passwords.verify(
            stored or self._passwords.decoy, "" if too_long else password
        )
        return fits and stored is not None

    async def _rehash(self, owner: Record, password: str) -> None:
        """When the parameters have changed since it was hashed; another time when many hash now."""
        stored = owner["password_hash"]
        if not self._passwords.outdated(stored):
            return
        with suppress(Busy):
            fresh = await self._passwords.hash(password)
            async with self._database.connection() as connection:
                await connection.execute(statements.REHASH, owner["id"], fresh, stored)
