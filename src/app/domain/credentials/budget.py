"""The failure budget of passwords: an attempt is counted and committed before it is looked at."""

from contextlib import suppress
from dataclasses import dataclass, replace

from uuid_utils.compat import uuid7

from app.domain.audit import AuditEvent, outlasts, record
from app.domain.credentials.device import Device
from app.domain.errors import TooMany, Unavailable
from app.domain.i18n import _
from app.domain.identity.users import Subjects
from app.domain.limit_refusals import name_limit
from app.domain.limits import LimitTable, Origin
from app.domain.moments import Wait
from app.domain.ports import Connection, CountResult, Database, Record, ShortMemory, Tally
from app.domain.sql import load_queries
from app.domain.verification.codes import digest_contact

sql = load_queries(__file__, "credentials.sql")

FREE = 5  # wrong ones of a device that is known, within a quarter of an hour, before it must wait
QUARTER = 15 * 60  # seconds
# Wrong ones of all devices that someone has signed in from, within a quarter of an hour: as many
# as from an address, whose room they do not take. Whoever has stolen the number signs in from as
# many as they like. The row that counts them.
FREE_KNOWN = 20
ALL_KNOWN = "known"

# Of the tallies of an attempt: the first ones count accounts. Of those of its network, and of no
# others, the audit trail shows the same.
ACCOUNTS = 2
ON_RECORD = ((1, "others"), (3, "wrong"))
LIMITS = ("accounts_per_address", "accounts_per_network",
          "wrong_passwords_per_address", "wrong_passwords_per_network")  # fmt: skip


class PasswordLocked(TooMany):
    """Too many wrong passwords for an address, whoever tried them."""

    code = "password_locked"

    def __init__(self, seconds: float) -> None:
        wait = Wait.in_minutes(seconds)
        super().__init__(
            _("Too many wrong passwords. Try again %(when)s, or use your phone.", when=wait),
            retry_after=wait.seconds,
        )


class TooManyPasswords(TooMany):
    """Too many wrong passwords, or too many accounts tried, from one address."""

    code = "too_many_passwords"

    def __init__(self, seconds: int) -> None:
        wait = Wait.in_minutes(seconds)
        super().__init__(
            _("Too many wrong passwords from here. Try again %(when)s.", when=wait),
            retry_after=wait.seconds,
        )


class PasswordBudget:
    """One attempt after the other: `take_attempt`, then look at the password."""

    def __init__(
        self, database: Database, memory: ShortMemory, table: LimitTable, subjects: Subjects
    ) -> None:
        self._database, self._memory, self._table = database, memory, table
        self._subjects = subjects

    async def take_attempt(self, contact: str, device: Device) -> tuple["Attempt", Record]:
        """`contact` is the address of an account, or its number where it has none. And whose it is:
        id, phone, email, password_hash and password_changed_at, None for nobody. A
        device that the owner has signed in from before has a budget of its own and takes no room of
        its address, so that nobody else can lock it out. When too many of those were wrong it is a
        stranger, so it is never worse off than one. What strangers have is for no single address to
        use up. Raises `PasswordLocked`, `TooManyPasswords`.
        """
        known = await self._known(contact, device.origin)
        attempt, owner = await self._count(contact, known, device.origin)
        if known and not owner["shared"]:
            attempt, owner = await self._count(contact, "", device.origin)
        if owner["counted"]:
            return attempt, owner
        # Not looked at, so not wrong; it stays one of the accounts that were tried from here.
        await self._free(attempt, attempt.tallies[ACCOUNTS:])
        seconds = await self._wait(attempt, shared=owner["shared"])
        share = "" if owner["shared"] else "_and_address"
        raise name_limit(PasswordLocked(seconds), f"wrong_passwords_per_account{share}")

    async def _count(self, contact: str, known: str, origin: Origin) -> tuple["Attempt", Record]:
        attempt = self._begin(self._subjects.of(contact), known, origin)
        await self._take_room(attempt, origin)
        (free, free_seconds), (most_of_share, share_seconds) = attempt.free, attempt.share_limit
        async with self._database.connection() as connection:
            [row] = await connection.fetch(
                *sql.count_attempt(
                    subject=attempt.subject,
                    device=attempt.device,
                    contact=contact,
                    free=free,
                    free_seconds=free_seconds,
                    share=attempt.share,
                    most_of_share=most_of_share,
                    share_seconds=share_seconds,
                )
            )
        return attempt, row

    async def undo_attempt(self, attempt: "Attempt") -> None:
        """Nobody could look at it: it costs nothing."""
        await self._undo(attempt, attempt.rows)
        await self.release_attempt(attempt)

    async def record_refusal(self, attempt: "Attempt", origin: Origin) -> None:
        """The password was wrong: it stays counted, and is put on record."""
        async with self._database.connection() as connection:
            device = "known" if attempt.device else "new"
            await record(
                connection,
                AuditEvent.PASSWORD_REFUSED,
                network=origin.network,
                account=attempt.account,
                device=device,
            )

    async def release_attempt(self, attempt: "Attempt") -> None:
        """It was right, or not looked at: the room of the address and network is free again."""
        await self._free(attempt, attempt.tallies)

    async def forgive_all(self, connection: Connection, contact: str, origin: Origin) -> None:
        """The password was replaced: what was tried before, from whatever device, counts no more.
        Other addresses have used their shares all the same: nothing tells them that it was. To be
        called after the row of the person is locked, as signing in does.
        """
        await connection.execute(
            *sql.forgive_all(subject=self._subjects.of(contact), share=origin.share)
        )

    def _begin(self, subject: bytes, known: str, origin: Origin) -> "Attempt":
        # Enough to tell ten accounts apart, and too little to find one by.
        account, entry = subject.hex()[:4], str(uuid7())
        if known:
            free, share_limit = (FREE, QUARTER), (FREE_KNOWN, QUARTER)
            return Attempt(subject, account, known, ALL_KNOWN, free, share_limit, (), entry)
        [(seconds, most), *_] = self._table.wrong_passwords_per_account.windows
        [(lasts, here), *_] = self._table.wrong_passwords_per_account_and_address.windows
        tallies, share = self._tallies(origin, subject), origin.share
        return Attempt(subject, account, "", share, (most, seconds), (here, lasts), tallies, entry)

    async def _wait(self, attempt: "Attempt", *, shared: bool) -> float:
        """Seconds until another one is looked at. A share that was taken is given back."""
        async with self._database.connection() as connection:
            if not shared:
                asked = sql.find_share_wait(
                    subject=attempt.subject,
                    share=attempt.share,
                    share_seconds=attempt.share_limit[1],
                )
            else:
                asked = sql.find_wait(
                    subject=attempt.subject, device=attempt.device, free=attempt.free[0]
                )
            wait = await connection.fetchval(*asked)
        if shared:
            await self._undo(attempt, attempt.rows[1:])
        return wait if wait and wait > 0 else QUARTER

    async def _undo(self, attempt: "Attempt", rows: tuple[str, ...]) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                *sql.undo_attempt(
                    subject=attempt.subject,
                    device=attempt.device,
                    devices=rows,
                    free=attempt.free[0],
                )
            )

    def _tallies(self, origin: Origin, subject: bytes) -> tuple[Tally, ...]:
        """An account that is tried again is the same entry; every attempt is entered as wrong."""
        table, entry = self._table, subject.hex()
        address, network = origin.address, origin.network
        return (
            replace(table.accounts_per_address.tally(f"accounts:{address}"), entry=entry),
            replace(table.accounts_per_network.tally(f"accounts:{network}"), entry=entry),
            table.wrong_passwords_per_address.tally(f"passwords:{address}"),
            table.wrong_passwords_per_network.tally(f"passwords:{network}"),
        )

    async def _known(self, contact: str, origin: Origin) -> str:
        """The id of the device, unless it was forgotten; '' for none."""
        known = origin.known_to(digest_contact(contact))
        if known is None:
            return ""
        async with self._database.connection() as connection:
            epoch = await connection.fetchval(*sql.find_device_epoch(contact=contact))
        return known.id if known.epoch == epoch else ""

    async def _take_room(self, attempt: "Attempt", origin: Origin) -> None:
        if not attempt.tallies:
            return
        try:
            count = await self._memory.count(attempt.tallies, attempt.entry)
        except Unavailable:
            count = CountResult(None, memory_age=0)
        if count.reached:
            limit = LIMITS[count.reached.index]
            raise name_limit(TooManyPasswords(count.reached.retry_after), limit)
        if any(outlasts(attempt.tallies[at], count.memory_age) for at, _ in ON_RECORD):
            await self._check_record(attempt, origin)

    async def _free(self, attempt: "Attempt", tallies: tuple[Tally, ...]) -> None:
        if not tallies:
            return
        with suppress(Unavailable):
            await self._memory.uncount(tallies, attempt.entry)

    async def _check_record(self, attempt: "Attempt", origin: Origin) -> None:
        """With the short memory silent, or just emptied, the audit trail knows what was wrong in
        the network. Maybe some that are under way too many: it is a lower bound.
        """
        for at, counted in ON_RECORD:
            for window in attempt.tallies[at].windows:
                async with self._database.connection() as connection:
                    [row] = await connection.fetch(
                        *sql.count_wrong_on_record(
                            network=origin.network,
                            seconds=float(window.seconds),
                            account=attempt.account,
                        )
                    )
                if row[counted] >= window.limit:
                    await self.release_attempt(attempt)
                    raise name_limit(TooManyPasswords(window.seconds), LIMITS[at])


@dataclass(frozen=True, slots=True)
class Attempt:
    """`account` is what the audit trail calls it by. `device` is '' for a stranger's, whose `share`
    is that of the address; known devices have one together. `free` are how many wrong ones there
    are without a wait, and in how many seconds; `share_limit` how many the share may hold.
    """

    subject: bytes
    account: str
    device: str
    share: str
    free: tuple[int, int]
    share_limit: tuple[int, int]
    tallies: tuple[Tally, ...]
    entry: str

    @property
    def rows(self) -> tuple[str, ...]:
        """Of the budgets, by their `device`."""
        return self.device, self.share
