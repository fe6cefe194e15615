"""What texts and calls cost, and the budget of a day, which is the last and absolute cap of them.

A trigger of `deliveries` counts each into its day (UTC) in the transaction that queues it, and
refuses a code that the budget has no room for: see `spending.sql` and the migration that made it.
A text is one segment, a call one minute. Amounts are millionths of the unit of the currency.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.delivery.notices import queue_notice_to
from app.domain.i18n import reading
from app.domain.languages import Languages
from app.domain.limits import NOWHERE
from app.domain.ports import Connection, Database
from app.domain.sql import load_queries

sql = load_queries(__file__, "spending.sql")
log = logging.getLogger("app.text_budget")

EVERY = 10.0  # seconds between two looks of a server
STEPS = (100, 80, 50)  # percent of the budget that are told, each once a day
MILLIONTHS = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Of one text and of one minute of a call."""

    text: int
    call: int


@dataclass(frozen=True, slots=True)
class TextPrices:
    """By region, ISO 3166, and of any other. `as_of` is when somebody last looked; `source` names
    the file.
    """

    source: str
    as_of: date
    currency: str
    regions: Mapping[str, Price]
    other: Price

    @property
    def dearest(self) -> int:
        return max(max(each.text, each.call) for each in (*self.regions.values(), self.other))


@dataclass(frozen=True, slots=True)
class TextBudget:
    """What texts and calls may cost in a day, in the currency of their prices."""

    amount: int
    prices: TextPrices


@dataclass(frozen=True, slots=True)
class Spent:
    """Of the budget of a day, in UTC."""

    day: date
    spent: int
    budget: int
    currency: str

    @property
    def percent(self) -> int:
        return 100 * self.spent // self.budget if self.budget else 100

    @property
    def words(self) -> str:
        spent, budget = in_units(self.spent), in_units(self.budget)
        return f"{spent} of {budget} {self.currency} on {self.day} (UTC)"


def in_units(amount: int) -> str:
    """12.34 for 12,340,000 millionths."""
    return f"{amount / MILLIONTHS:.2f}"


class TextSpending:
    """`mailbox` is where the operator is told, "" for nowhere; in the first of the languages."""

    def __init__(
        self, database: Database, budget: TextBudget, mailbox: str, languages: Languages
    ) -> None:
        self._database, self.budget = database, budget
        self._mailbox, self._languages = mailbox, languages
        self._is_in_force = False

    async def put_in_force(self) -> None:
        """From now on every process spends this budget, and by these prices."""
        prices = self.budget.prices
        async with self._database.connection() as connection:
            await connection.execute(
                *sql.put_in_force(
                    currency=prices.currency,
                    budget=self.budget.amount,
                    dearest=prices.dearest,
                    text=prices.other.text,
                    call=prices.other.call,
                    regions=[*prices.regions],
                    texts=[each.text for each in prices.regions.values()],
                    calls=[each.call for each in prices.regions.values()],
                )
            )
            await connection.execute(*sql.prepare_days())
        self._is_in_force = True

    async def look(self) -> Spent | None:
        """At today. None where no budget was ever in force."""
        async with self._database.connection() as connection:
            return await find_spent(connection)

    async def warn(self) -> None:
        """Tells of the highest share that is reached, unless any process has told of it today, or
        of a higher one: a day that jumps to its end is told of once. Another budget, as after it
        was raised, is told of anew.
        """
        if not self._is_in_force:
            await self.put_in_force()
        async with self._database.connection() as connection:
            await connection.execute(*sql.prepare_days())
            spent = await find_spent(connection)
        reached = next((step for step in STEPS if spent and spent.percent >= step), None)
        if spent is None or reached is None:
            return
        async with self._database.transaction() as connection:
            of_day = {"day": spent.day, "budget": spent.budget, "currency": spent.currency}
            await connection.execute(*sql.forget_warnings(**of_day))
            claim = sql.claim_warning(percent=reached, spent=spent.spent, **of_day)
            if not await connection.fetchval(*claim):
                return
            await record(connection, AuditEvent.TEXTS_BUDGET_REACHED, percent=reached)
            await self._queue_mail(connection, spent, reached)
        event = (
            "the budget of texts for today is spent"
            if reached == max(STEPS)
            else "the budget of texts for today is running out"
        )
        facts = {"percent": reached, "spent": in_units(spent.spent)}
        log.warning(
            event, extra=facts | {"budget": in_units(spent.budget), "currency": spent.currency}
        )

    async def _queue_mail(self, connection: Connection, spent: Spent, reached: int) -> None:
        if not self._mailbox:
            return
        context = {
            "percent": str(reached),
            "spent": f"{in_units(spent.spent)} {spent.currency}",
            "budget": f"{in_units(spent.budget)} {spent.currency}",
        }
        with reading(self._languages.get(self._languages.offered[0]), ""):
            await queue_notice_to(
                connection, "email", "texts_budget", self._mailbox, None, NOWHERE, **context
            )


async def find_spent(connection: Connection) -> Spent | None:
    row = await connection.fetchrow(*sql.find_spent())
    return Spent(row["day"], row["spent"], row["budget"], row["currency"]) if row else None


async def pay_again(database: Database, message: UUID, uncertain: int) -> float | None:
    """For that text or call, which may have gone out so many times and is sent once more: None
    where today's budget has room for it, otherwise the seconds until the next day. Raises
    `Unavailable`.
    """
    async with database.connection() as connection:
        paid = sql.pay_again(id=message, uncertain=uncertain)
        wait: float | None = await connection.fetchval(*paid)
    return wait
