"""Signing in with e-mail and password. By phone it is the sign-up, which a known number ends."""

from collections.abc import Callable
from typing import NoReturn
from uuid import UUID

from app.domain.audit.events import record
from app.domain.delivery.notices import queue_notice
from app.domain.errors import Rejected
from app.domain.identity.email_address import EmailAddress
from app.domain.identity.passwords import MOST_BYTES, Passwords
from app.domain.login.budget import PasswordBudget
from app.domain.ports import Connection, Database
from app.domain.sessions.sessions import Device, Sessions, Tokens, moment

PASSWORD = ("pwd",)  # RFC 8176

FIND = "SELECT id, password_hash FROM users WHERE email = $1"
REHASH = "UPDATE users SET password_hash = $2 WHERE id = $1"


class WrongCredentials(Rejected):
    """One and the same for every pair that does not fit, known address or not."""

    code = "invalid_credentials"
    field = "password"
    message = "That e-mail and password do not fit together. Check both, or use your phone."


class LoginFlow:
    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        sessions: Sessions,
        budget: PasswordBudget,
        wake: Callable[[], None],
    ) -> None:
        self._database, self._passwords = database, passwords
        self._sessions, self._budget, self._wake = sessions, budget, wake

    async def submit_password(
        self, typed: str, password: str, device: Device, known_device: str
    ) -> Tokens:
        """Opens a session. `known_device` is '' for a device the owner has not signed in from.
        Raises `BadEmail`, `WrongCredentials`, `PasswordLocked`, `TooManyPasswords`, `Busy`.
        """
        email = EmailAddress.parse(typed, as_typed=True)
        attempt = await self._budget.take(email, known_device, device.origin)
        user_id = await self._owner(email, password)
        if user_id is None:
            await self._refuse(device)
        async with self._database.transaction() as connection:
            await self._budget.forgive(connection, attempt)
            tokens = await self._sessions.open(connection, user_id, PASSWORD, device)
            if not known_device:
                await self._tell_of_new_device(connection, user_id, device)
        self._wake()
        return tokens

    async def _owner(self, email: EmailAddress, password: str) -> UUID | None:
        """The same work, and so the same time, whether or not anybody has the address."""
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
            await connection.execute(REHASH, user_id, fresh)

    async def _refuse(self, device: Device) -> NoReturn:
        async with self._database.connection() as connection:
            await record(connection, "login:password_refused", network=device.origin.network)
        raise WrongCredentials

    async def _tell_of_new_device(
        self, connection: Connection, user_id: UUID, device: Device
    ) -> None:
        await queue_notice(
            connection, "new_device", user_id, device.origin, device=device.agent, when=moment()
        )
