"""E-mail and password, checked with the same work whether or not anybody has the address."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.credentials.budget import Attempt, PasswordBudget, sql
from app.domain.credentials.device import Device
from app.domain.errors import Rejected
from app.domain.i18n import _
from app.domain.identity.hashing import Busy, Match, PasswordHashing
from app.domain.identity.passwords import MOST_BYTES
from app.domain.identity.users import contacts_of
from app.domain.ports import Connection, Database, Record


class WrongCredentials(Rejected):
    """One and the same for every pair that does not fit, known address or not."""

    code = "invalid_credentials"
    field = "password"
    message = _("That e-mail or password isn’t right. Check both, or use your phone.")


@dataclass(frozen=True, slots=True)
class CheckedCredentials:
    """A right password: whose it is, since when, and the attempt to be forgiven."""

    user_id: UUID
    contacts: tuple[str, ...]
    changed_at: datetime | None
    attempt: Attempt


class Credentials:
    def __init__(
        self, database: Database, passwords: PasswordHashing, budget: PasswordBudget
    ) -> None:
        self._database, self._hasher, self._budget = database, passwords, budget

    async def check_password(
        self, contact: str, password: str, device: Device
    ) -> CheckedCredentials:
        """`contact` is an address, or the number of an account without one. Raises
        `WrongCredentials`, `PasswordLocked`, `TooManyPasswords`, `Busy`.
        """
        attempt, owner = await self._budget.take_attempt(contact, device)
        stored = owner["password_hash"]
        try:
            match = await self._match(stored, password, known=bool(attempt.device))
        except Busy:
            await self._budget.undo_attempt(attempt)
            raise
        if match is Match.WRONG:
            await self._budget.record_refusal(attempt, device.origin)
            raise WrongCredentials
        await self._budget.release_attempt(attempt)
        if match is Match.OUTDATED:
            await self._rehash(owner, password)
        changed_at = owner["password_changed_at"]
        return CheckedCredentials(owner["id"], contacts_of(owner), changed_at, attempt)

    async def forgive_failures(self, connection: Connection, checked: CheckedCredentials) -> None:
        """In the transaction that uses the proof: what was wrong before no longer counts. Raises
        `WrongCredentials` when the password was replaced since it was looked at.
        """
        attempt = checked.attempt
        forgiven = sql.forgive_attempt(
            user_id=checked.user_id,
            changed_at=checked.changed_at,
            subject=attempt.subject,
            devices=attempt.rows,
        )
        if not await connection.fetchval(*forgiven):
            raise WrongCredentials

    async def _match(self, stored: str | None, password: str, *, known: bool) -> Match:
        """Nobody's costs as much as someone's."""
        too_long = len(password.encode()) > MOST_BYTES
        match = await self._hasher.match_password(
            stored or self._hasher.decoy, "" if too_long else password, known=known
        )
        return match if stored is not None else Match.WRONG

    async def _rehash(self, owner: Record, password: str) -> None:
        """As it is hashed now; another time when many hash just now."""
        with suppress(Busy):
            fresh = await self._hasher.hash_password(password)
            async with self._database.connection() as connection:
                await connection.execute(
                    *sql.rehash(id=owner["id"], fresh=fresh, password_hash=owner["password_hash"])
                )
