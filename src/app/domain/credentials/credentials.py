"""E-mail and password, checked with the same work whether or not anybody has the address."""

from dataclasses import dataclass
from uuid import UUID

from app.domain.audit.events import record
from app.domain.credentials.budget import Attempt, PasswordBudget
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.passwords import MOST_BYTES, Passwords
from app.domain.ports import Connection, Database

FIND = "SELECT id, password_hash FROM users WHERE email = $1"
REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3"


class WrongCredentials(Rejected):
    """One and the same for every pair that does not fit, known address or not."""

    code = "invalid_credentials"
    field = "password"
    message = "That e-mail and password do not fit together. Check both, or use your phone."


@dataclass(frozen=True, slots=True)
class Checked:
    """A right password: whose it is, and the attempt to be forgiven."""

    user_id: UUID
    attempt: Attempt


class Credentials:
    def __init__(self, database: Database, passwords: Passwords, budget: PasswordBudget) -> None:
        self._database, self._passwords, self._budget = database, passwords, budget

    async def check(self, email: EmailAddress, password: str, device: Device) -> Checked:
        """Raises `WrongCredentials`, `PasswordLocked`, `TooManyPasswords`, `Busy`."""
        attempt = await self._budget.take(email, device)
        user_id = await self._owner(email, password)
        if user_id is None:
            async with self._database.connection() as connection:
                await record(connection, "password:refused", network=device.origin.network)
            raise WrongCredentials
        return Checked(user_id, attempt)

    async def forgive(self, connection: Connection, checked: Checked) -> None:
        """In the transaction that uses the proof: what was wrong before no longer counts."""
        await self._budget.forgive(connection, checked.attempt)

    async def _owner(self, email: EmailAddress, password: str) -> UUID | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(FIND, email.value)
        stored = (row and row["password_hash"]) or self._passwords.decoy
        too_long = len(password.encode()) > MOST_BYTES
        right = await self._passwords.verify(stored, "" if too_long else password)
        if row is None or not row["password_hash"] or not right:
            return None
        await self._rehash(row["id"], stored, password)
        return UUID(str(row["id"]))

    async def _rehash(self, user_id: UUID, stored: str, password: str) -> None:
        """When the parameters have changed since it was hashed."""
        if not self._passwords.outdated(stored):
            return
        fresh = await self._passwords.hash(password)
        async with self._database.connection() as connection:
            await connection.execute(REHASH, user_id, fresh, stored)
