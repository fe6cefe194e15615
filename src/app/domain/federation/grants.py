"""Codes that come back from the provider: who brings too many that it does not take is stopped.

Otherwise anybody could use up the calls that the provider allows us, and with them everybody's way
in. Room is taken before a code is tried, and given back unless the provider refused it.
"""

from contextlib import suppress
from hashlib import sha256

from app.domain.audit.events import record
from app.domain.audit.refusals import full_on_record, outlasts
from app.domain.errors import Refusal, TooMany, Unavailable
from app.domain.federation.transactions import Transaction
from app.domain.limits import MINUTE, LimitTable, Origin
from app.domain.ports import Count, Database, ShortMemory, Tally

REFUSED = "auth0:refused"
GRANT_REFUSED = "auth0:grant_refused"  # a code that the provider did not take: it stays counted


class TooManyGrants(TooMany):
    code = "too_many_grants"
    message = (
        "Too many sign-ins with Auth0 came to nothing from here. Try again in a quarter of an hour,"
        " or use your phone."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=15 * MINUTE)


class Grants:
    def __init__(self, database: Database, memory: ShortMemory, table: LimitTable) -> None:
        self._database, self._memory, self._table = database, memory, table

    async def take_room(self, begun: Transaction, origin: Origin) -> None:
        """For the code that answers `begun`; copies of an answer take it once. Raises
        `TooManyGrants`.
        """
        tally = self._tally(origin)
        try:
            count = await self._memory.count([tally], _entry(begun))
        except Unavailable:
            count = Count(None, memory_age=0)
        if count.reached:
            raise TooManyGrants
        if outlasts(tally, count.memory_age):
            async with self._database.connection() as connection:
                full = await full_on_record(connection, tally, GRANT_REFUSED, origin.network)
            if full:
                await self.give_back(begun, origin)
                raise TooManyGrants

    async def give_back(self, begun: Transaction, origin: Origin) -> None:
        with suppress(Unavailable):  # it stays counted for a quarter of an hour
            await self._memory.uncount([self._tally(origin)], _entry(begun))

    async def record(self, event: str, refusal: Refusal, origin: Origin) -> None:
        with suppress(Unavailable):  # the person is refused either way
            async with self._database.connection() as connection:
                await record(connection, event, network=origin.network, reason=refusal.code)

    def _tally(self, origin: Origin) -> Tally:
        return self._table.refused_grants_per_address.tally(f"grants:{origin.address}")


def _entry(begun: Transaction) -> str:
    return sha256(begun.cookie.encode()).hexdigest()
