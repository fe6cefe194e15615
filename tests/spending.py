"""A database with a budget of texts, and sends that it has room for or not."""

import asyncio
from datetime import date
from uuid import UUID, uuid4

from app.adapters.postgres import Postgres
from app.domain.delivery.spending import Price, TextBudget, TextPrices, TextSpending
from app.domain.languages import Languages
from app.domain.ports import BudgetSpent
from tests.stores import execute

CENT = 10_000  # millionths
PRICES = TextPrices(
    "a test", date(2026, 11, 30), "USD",
    {"US": Price(CENT, 2 * CENT), "DE": Price(10 * CENT, 5 * CENT)}, Price(20 * CENT, 30 * CENT),
)  # fmt: skip
QUEUE = """
INSERT INTO deliveries (id, channel, template, destination, region, address, network,
                        expires_at, room, weight)
VALUES ($1, $2, 'phone_code', $3, $4, $5, '', clock_timestamp() + interval '10 minutes', $6, $7)
"""
CODE, NOTICE = "10.0.0.1/32", ""  # the address of whoever asked
SPENT = "SELECT day - (now() AT TIME ZONE 'UTC')::date AS day, sum(spent)::int AS spent" \
        " FROM text_spending GROUP BY day HAVING sum(spent) > 0 ORDER BY day"  # fmt: skip
EMPTY = "TRUNCATE deliveries, text_spending, text_warnings, events, audit_events"


class Budgeted:
    """Two processes, as far as PostgreSQL can tell: each has a pool of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.processes = (Postgres(url), Postgres(url))

    async def open(self) -> None:
        await asyncio.gather(*(each.open() for each in self.processes))

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self.processes))

    def spending(self, cents: int, mailbox: str = "", process: int = 0) -> TextSpending:
        budget = TextBudget(cents * CENT, PRICES)
        return TextSpending(self.processes[process], budget, mailbox, Languages(("de", "en")))

    async def begin(self, cents: int, dearest: int = 0) -> None:
        """Nothing is spent yet. `dearest` in cents, where it is not that of the prices."""
        await self.sql(EMPTY)
        await self.spending(cents).put_in_force()
        if dearest:
            await self.sql("UPDATE text_budget SET dearest = $1", dearest * CENT)

    async def sql(self, statement: str, *args: object) -> list[tuple[object, ...]]:
        return [tuple(row) for row in await execute(self.url, statement, *args)]

    async def queue(
        self,
        region: str | None = "US",
        address: str = CODE,
        process: int = 0,
        channel: str = "sms",
        room: str = "",
        weight: int = 1,
    ) -> UUID | None:
        """The id, or None where the budget has no room."""
        id = uuid4()
        try:
            async with self.processes[process].transaction() as connection:
                await connection.execute(
                    QUEUE, id, channel, f"+{id.int % 10**9}", region, address, room, weight
                )
        except BudgetSpent:
            return None
        return id

    async def queue_at_once(self, times: int, *regions: str, address: str = CODE) -> int:
        """In both processes; how many it had room for."""
        sends = (
            self.queue(regions[n % len(regions)], address, process=n % 2) for n in range(times)
        )
        return sum(isinstance(each, UUID) for each in await asyncio.gather(*sends))

    async def spent(self) -> dict[int, int]:
        """In cents, by days from today."""
        return {day: spent // CENT for day, spent in await self.sql(SPENT)}  # type: ignore[misc, operator]
