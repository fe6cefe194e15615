"""Guesses at codes: the address's room is taken, the guess counted and committed, then compared."""

import asyncio
from contextlib import suppress
from math import ceil

from uuid_utils.compat import uuid7

from app.domain.audit.events import record
from app.domain.audit.refusals import full_on_record, outlasts
from app.domain.errors import Refusal, Unavailable
from app.domain.limits import DAY, HOUR, TooManyGuesses
from app.domain.ports import Count, Record, Tally
from app.domain.verification.asker import Asker
from app.domain.verification.channel import GUESSES, Channel
from app.domain.verification.codes import is_code_of
from app.domain.verification.guess_statements import LOCK
from app.domain.verification.guesses import NoCode, Pending, TooManyInARow, WrongCode
from app.domain.verification.means import Means
from app.domain.verification.statements import Statements

WRONG = "%:code_refused"  # events
LOOK_AGAIN = 0.1  # seconds


class Guessing:
    """Checks guesses at one channel's codes."""

    def __init__(self, channel: Channel, means: Means) -> None:
        self._channel, self._sql = channel, Statements(channel)
        self._keys, self._table = means.keys, means.limits
        self._database, self._memory = means.database, means.memory
        most = dict(means.limits.wrong_codes_per_contact.windows)
        self._most_wrong = (most[HOUR], most[DAY])

    async def check(self, asker: Asker, pending: Pending, guess: str) -> None:
        """Returns when `guess` is the code of `pending`, which is not consumed by it. Raises
        `WrongCode`, `SpentCode`, `ExpiredCode`, `NoCode`, `ContactLocked`, `TooManyInARow`,
        `TooManyGuesses`.
        """
        entry = str(uuid7())
        tally = self._table.wrong_codes_per_address.tally(f"guesses:{asker.origin.address}")
        try:
            await self._take_room(asker, tally, entry)
        except TooManyGuesses as limit:
            await self._record_stop(asker, limit)
            raise
        counted = await self._counted(pending)
        if counted is None:
            refusal = await self._why(asker, pending)
            await self._record_stop(asker, refusal)
            raise refusal
        destination = pending.destination
        if not is_code_of(guess, self._keys, counted["nonce"], asker.purpose, destination):
            raise await self._wrong(asker, counted["attempts"])
        if pending.consumed:
            await self._uncount(pending)
        await self._give_back(tally, entry)

    async def _take_room(self, asker: Asker, tally: Tally, entry: str) -> None:
        """Every guess is entered as wrong, and taken out when it was right."""
        try:
            count = await self._memory.count([tally], entry)
        except Unavailable:
            count = Count(None, memory_age=0)
        if count.reached:
            raise TooManyGuesses(count.reached.retry_after)
        if outlasts(tally, count.memory_age):
            await self._check_record(asker, tally, entry)

    async def _check_record(self, asker: Asker, tally: Tally, entry: str) -> None:
        async with self._database.connection() as connection:
            full = await full_on_record(connection, tally, WRONG, asker.origin.network)
        if full:
            await self._give_back(tally, entry)
            raise TooManyGuesses(full.seconds)

    async def _give_back(self, tally: Tally, entry: str) -> None:
        try:
            await self._memory.uncount([tally], entry)
        except Unavailable:
            return  # it stays counted as wrong for an hour: strict, and nobody's loss

    async def _counted(self, pending: Pending) -> Record | None:
        """Committed before anything is compared, so that a kill in between costs a guess."""
        async with self._database.transaction() as connection:
            await connection.execute(LOCK, pending.destination)
            return await connection.fetchrow(
                self._sql.count_guess,
                pending.destination,
                pending.id,
                *self._most_wrong,
                pending.consumed,
            )

    async def _uncount(self, pending: Pending) -> None:
        async with self._database.connection() as connection:
            await connection.execute(self._sql.uncount_guess, pending.id)

    async def _why(self, asker: Asker, pending: Pending) -> Refusal:
        """Read again: what was shown may be older than what stopped the guess."""
        now = await self._now(asker)
        while now and now.being_decided:
            await asyncio.sleep(LOOK_AGAIN)
            now = await self._now(asker)
        if now is None or now.id != pending.id or now.consumed:
            return NoCode()
        return await self._lock_of(now)

    async def _record_stop(self, asker: Asker, refusal: Refusal) -> None:
        with suppress(Unavailable):  # the guess is refused either way
            async with self._database.connection() as connection:
                await record(
                    connection,
                    f"{asker.purpose}:guess_stopped",
                    flow_id=asker.flow_id,
                    network=asker.origin.network,
                    limit=refusal.code,
                )

    async def _now(self, asker: Asker) -> Pending | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(self._sql.pending, asker.flow_id, asker.purpose)
        return Pending.from_row(row) if row else None

    async def _lock_of(self, now: Pending) -> Refusal:
        """By what the budget of the contact still holds, for everybody."""
        async with self._database.connection() as connection:
            [lock] = await connection.fetch(self._sql.lock_of, now.destination, *self._most_wrong)
        if lock["for_good"]:
            return TooManyInARow(self._channel)
        return now.refused_guess(max(0, ceil(lock["seconds"] or 0)))

    async def _wrong(self, asker: Asker, attempts: int) -> WrongCode:
        async with self._database.connection() as connection:
            await record(
                connection,
                f"{asker.purpose}:code_refused",
                flow_id=asker.flow_id,
                network=asker.origin.network,
                channel=self._channel.name,
            )
        return WrongCode(GUESSES - attempts)
