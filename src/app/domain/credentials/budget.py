"""The failure budget of passwords: an attempt is counted and committed before it is looked at."""

from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.audit.refusals import outlasts
from app.domain.credentials import statements
from app.domain.credentials.device import Device
from app.domain.errors import TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import MINUTE, LimitTable, Origin, in_words
from app.domain.ports import Connection, Count, Database, Record, ShortMemory, Tally

QUARTER = 15 * MINUTE


class PasswordLocked(TooMany):
    """Too many wrong passwords for an address, whoever tried them."""

    code = "password_locked"

    def __init__(self, seconds: float) -> None:
        minutes = max(1, -(-int(seconds) // MINUTE))
        wait = in_words(minutes * MINUTE)
        super().__init__(
            f"There were too many wrong passwords. Try again in {wait}, or use your phone.",
            retry_after=minutes * MINUTE,
        )


class TooManyPasswords(TooMany):
    """Too many wrong passwords, or too many accounts tried, from one address."""

    code = "too_many_passwords"

    def __init__(self, seconds: int) -> None:
        minutes = max(1, -(-seconds // MINUTE))
        super().__init__(
            f"There were too many wrong passwords from here. Try again in "
            f"{in_words(minutes * MINUTE)}.",
            retry_after=minutes * MINUTE,
        )


class PasswordBudget:
    """One attempt after the other: `take`, then look at the password."""

    def __init__(self, database: Database, memory: ShortMemory, table: LimitTable) -> None:
        self._database, self._memory, self._table = database, memory, table

    async def take(self, email: EmailAddress, device: Device) -> tuple["Attempt", Record]:
        """And whose address it is: id, password_hash and password_changed_at, None for nobody. A
        device that the owner has signed in from before has a budget of its own and takes no room of
        its address, so that nobody else can lock it out. Raises `PasswordLocked`,
        `TooManyPasswords`.
        """
        subject, origin = subject_of(email), device.origin
        known = device.known_to(subject)
        tallies = () if known else self._tallies(origin, subject)
        attempt = Attempt(subject, known, tallies, str(uuid7()))
        await self._take_room(attempt, origin)
        async with self._database.connection() as connection:
            owner = await connection.fetchrow(
                statements.COUNT, subject, attempt.device, email.value
            )
            if owner is not None:
                return attempt, owner
            wait = await connection.fetchval(statements.WAIT, subject, attempt.device)
        # Not looked at, so not wrong; it stays one of the accounts that were tried from here.
        await self._free(attempt, attempt.tallies[1:])
        raise PasswordLocked(wait if wait and wait > 0 else QUARTER)

    async def undo(self, attempt: "Attempt") -> None:
        """Nobody could look at it: it costs nothing."""
        async with self._database.connection() as connection:
            await connection.execute(statements.UNDO, attempt.subject, attempt.device)
        await self.give_back(attempt)

    async def refuse(self, attempt: "Attempt", origin: Origin) -> None:
        """The password was wrong: it stays counted, and is put on record."""
        async with self._database.connection() as connection:
            device = "known" if attempt.device else "new"
            await record(
                connection,
                "password:refused",
                network=origin.network,
                account=attempt.account,
                device=device,
            )

    async def give_back(self, attempt: "Attempt") -> None:
        """The password was right: the address's room is free again."""
        await self._free(attempt, attempt.tallies)

    async def forgive_all(self, connection: Connection, email: EmailAddress) -> None:
        """The password was replaced: what was tried before, from whatever device, counts no more.
        To be called after the row of the person is locked, as signing in does.
        """
        await connection.execute(statements.FORGIVE_ALL, subject_of(email))

    def _tallies(self, origin: Origin, subject: bytes) -> tuple[Tally, Tally]:
        """An account that is tried again is the same entry; every attempt is entered as wrong."""
        accounts = self._table.accounts_per_address.tally(f"accounts:{origin.address}")
        wrong = self._table.wrong_passwords_per_address.tally(f"passwords:{origin.address}")
        return replace(accounts, entry=subject.hex()), wrong

    async def _take_room(self, attempt: "Attempt", origin: Origin) -> None:
        if not attempt.tallies:
            return
        try:
            count = await self._memory.count(attempt.tallies, attempt.entry)
        except Unavailable:
            count = Count(None, memory_age=0)
        if count.reached:
            raise TooManyPasswords(count.reached.retry_after)
        if any(outlasts(tally, count.memory_age) for tally in attempt.tallies):
            await self._check_record(attempt, origin)

    async def _free(self, attempt: "Attempt", tallies: tuple[Tally, ...]) -> None:
        if not tallies:
            return
        with suppress(Unavailable):
            await self._memory.uncount(tallies, attempt.entry)

    async def _check_record(self, attempt: "Attempt", origin: Origin) -> None:
        """With the short memory silent, or just emptied, the audit trail knows what was wrong. Only
        of the whole network, and maybe some that are under way too many: it is a floor.
        """
        for tally, counted in zip(attempt.tallies, ("others", "wrong"), strict=True):
            for window in tally.windows:
                async with self._database.connection() as connection:
                    [row] = await connection.fetch(
                        statements.WRONG_ON_RECORD,
                        origin.network,
                        float(window.seconds),
                        attempt.account,
                    )
                if row[counted] >= window.limit:
                    raise TooManyPasswords(window.seconds)


@dataclass(frozen=True, slots=True)
class Attempt:
    subject: bytes
    device: str
    tallies: tuple[Tally, ...]
    entry: str

    @property
    def account(self) -> str:
        """Enough of the digest to tell ten accounts apart, and too little to find one by."""
        return self.subject.hex()[:4]


def subject_of(email: EmailAddress) -> bytes:
    return sha256(email.value.encode()).digest()
