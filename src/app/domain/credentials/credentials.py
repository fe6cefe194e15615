"""E-mail and password, checked with the same work whether or not anybody has the address."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.credentials.budget import Attempt, PasswordBudget
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.passwords import MOST_BYTES, Busy, Passwords
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
        try:
            found = await self._found(email, password)
        except Busy:
            await self._budget.undo(attempt)
            raise
        if found is None:
            await self._budget.refuse(attempt, device.origin)
            raise WrongCredentials
        await self._budget.give_back(attempt)
        await self._rehash(found, password)
        return Checked(found["id"], found["password_changed_at"], attempt)

    async def forgive(self, connection: Connection, checked: Checked) -> None:
        """In the transaction that uses the proof: what was wrong before no longer counts. Raises
        `WrongCredentials` when the password was replaced since it was looked at.
        """
        if not await connection.fetchval(UNCHANGED, checked.user_id, checked.changed_at):
            raise WrongCredentials
        await self._budget.forgive(connection, checked.attempt)

    async def _found(self, email: EmailAddress, password: str) -> Record | None:
        """Whose password that is. Nobody's costs as much as somebody's."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(FIND, email.value)
        stored = (row and row["password_hash"]) or self._passwords.decoy
        too_long = len(password.encode()) > MOST_BYTES
        right = await self._passwords.verify(stored, "" if too_long else password)
        return row if row and row["password_hash"] and right else None

    async def _rehash(self, found: Record, password: str) -> None:
        """When the parameters have changed since it was hashed; another time when many hash now."""
        stored = found["password_hash"]
        if not self._passwords.outdated(stored):
            return
        with suppress(Busy):
            fresh = await self._passwords.hash(password)
            async with self._database.connection() as connection:
                await connection.execute(REHASH, found["id"], fresh, stored)
