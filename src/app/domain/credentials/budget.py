"""The failure budget of passwords: an attempt is counted and committed before it is looked at."""

from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.audit.refusals import outlasts
from app.domain.credentials.device import Device
from app.domain.errors import TooMany, Unavailable
from app.domain.identity.email_address import EmailAddress
from app.domain.limits import MINUTE, LimitTable, Origin, in_words
from app.domain.ports import Connection, Count, Database, Record, ShortMemory, Tally

FREE = 5  # wrong ones within a quarter of an hour before there is a wait at all

# $1 subject, $2 device, $3 the address. Below the free ones a quarter of an hour forgives; after
# them each further one doubles the wait: 1, 2, 4 ... 60 minutes. No row: it is locked. Whoever has
# the address is looked up in the same turn: nulls for nobody.
LOCKED_UNTIL = """
b.last_wrong_at + CASE WHEN b.wrong < {free} THEN interval '0'
  ELSE least(interval '60 minutes', interval '1 minute' * 2 ^ least(b.wrong - {free}, 6)) END
"""
COUNT = f"""
WITH counted AS (
  INSERT INTO password_budgets AS b (subject, device, wrong) VALUES ($1, $2, 1)
  ON CONFLICT (subject, device) DO UPDATE SET
    wrong = CASE WHEN b.last_wrong_at < clock_timestamp() - interval '15 minutes'
                      AND b.wrong < {FREE} THEN 1 ELSE b.wrong + 1 END,
    last_wrong_at = clock_timestamp()
  WHERE {LOCKED_UNTIL.format(free=FREE)} <= clock_timestamp()
  RETURNING 1
)
SELECT id, password_hash, password_changed_at FROM counted LEFT JOIN users ON email = $3
"""
WAIT = f"""
SELECT extract(epoch FROM {LOCKED_UNTIL.format(free=FREE)} - clock_timestamp())::float
FROM password_budgets b WHERE subject = $1 AND device = $2
"""
# Of a network: how many were wrong, and with how many other accounts than this. The first condition
# is that of the index, as is a clock that stands still.
WRONG_ON_RECORD = """
SELECT count(*) AS wrong,
       count(DISTINCT details->>'account') FILTER (WHERE details->>'account' <> $3) AS others
FROM audit_events
WHERE event LIKE '%refused' AND event = 'password:refused' AND network = $1
  AND at > statement_timestamp() - make_interval(secs => $2)
"""
# Of an attempt that was counted and then not looked at. Beyond the free ones there is only one at a
# time, and it was let in, so the wait before it was over.
UNDO = f"""
UPDATE password_budgets SET wrong = wrong - 1, last_wrong_at = CASE WHEN wrong > {FREE}
  THEN last_wrong_at - interval '60 minutes' ELSE last_wrong_at END
WHERE subject = $1 AND device = $2 AND wrong > 0
"""
FORGIVE_ALL = "DELETE FROM password_budgets WHERE subject = $1"


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
            owner = await connection.fetchrow(COUNT, subject, attempt.device, email.value)
            if owner is not None:
                return attempt, owner
            wait = await connection.fetchval(WAIT, subject, attempt.device)
        # Not looked at, so not wrong; it stays one of the accounts that were tried from here.
        await self._free(attempt, attempt.tallies[1:])
        raise PasswordLocked(wait or 0.0)

    async def undo(self, attempt: "Attempt") -> None:
        """Nobody could look at it: it costs nothing."""
        async with self._database.connection() as connection:
            await connection.execute(UNDO, attempt.subject, attempt.device)
        await self.give_back(attempt)

    async def refuse(self, attempt: "Attempt", origin: Origin) -> None:
        """The password was wrong: it stays counted, and is put on record."""
        async with self._database.connection() as connection:
            await record(
                connection,
                "password:refused",
                network=origin.network,
                account=attempt.account,
            )

    async def give_back(self, attempt: "Attempt") -> None:
        """The password was right: the address's room is free again."""
        await self._free(attempt, attempt.tallies)

    async def forgive_all(self, connection: Connection, email: EmailAddress) -> None:
        """The password was replaced: what was tried before, from whatever device, counts no more.
        To be called after the row of the person is locked, as signing in does.
        """
        await connection.execute(FORGIVE_ALL, subject_of(email))

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
                        WRONG_ON_RECORD, origin.network, float(window.seconds), attempt.account
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
