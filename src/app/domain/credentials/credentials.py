"""E-mail and password, checked with the same work whether or not anybody has the address."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.audit.events import record
from app.domain.credentials.budget import Attempt, PasswordBudget
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.passwords import MOST_BYTES, Passwords
from app.domain.ports import Connection, Database, Record

FIND = "SELECT id, password_hash, password_changed_at FROM users WHERE email = $1"
# Waits for whoever is about to replace the password, and holds off whoever comes after.
UNCHANGED = """
SELECT 1 FROM users WHERE id = $1 AND password_changed_at IS NOT DISTINCT FROM $2 FOR SHARE
"""
REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3"


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
        attempt = await self._budget.take(email, device)
        owner = await self._owner(email, password)
        if owner is None:
            async with self._database.connection() as connection:
                await record(connection, "password:refused", network=device.origin.network)
            raise WrongCredentials
        return Checked(owner["id"], owner["password_changed_at"], attempt)

    async def forgive(self, connection: Connection, checked: Checked) -> None:
        """In the transaction that uses the proof: what was wrong before no longer counts. Raises
        `WrongCredentials` when the password was replaced since it was looked at.
        """
        if not await connection.fetchval(UNCHANGED, checked.user_id, checked.changed_at):
            raise WrongCredentials
        await self._budget.forgive(connection, checked.attempt)

    async def _owner(self, email: EmailAddress, password: str) -> Record | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(FIND, email.value)
        stored = (row and row["password_hash"]) or self._passwords.decoy
        too_long = len(password.encode()) > MOST_BYTES
        right = await self._passwords.verify(stored, "" if too_long else password)
        if row is None or not row["password_hash"] or not right:
            return None
        await self._rehash(row["id"], stored, password)
        return row

    async def _rehash(self, user_id: UUID, stored: str, password: str) -> None:
        """When the parameters have changed since it was hashed."""
        if not self._passwords.outdated(stored):
            return
        fresh = await self._passwords.hash(password)
        async with self._database.connection() as connection:
            await connection.execute(REHASH, user_id, fresh, stored)
