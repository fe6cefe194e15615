"""The plans that accounts have chosen, each at the price its owner said yes to."""

from uuid import UUID

from app.domain.audit.events import record
from app.domain.errors import Unauthenticated
from app.domain.ports import Database
from app.domain.pricing.catalogue import Interval
from app.domain.pricing.choice import Choice

OF = "SELECT plan, interval, currency, amount_minor FROM plan_choices WHERE user_id = $1"
KEEP = """
INSERT INTO plan_choices (user_id, plan, interval, currency, amount_minor)
SELECT id, $2, $3, $4, $5 FROM users WHERE id = $1
ON CONFLICT (user_id) DO UPDATE SET plan = EXCLUDED.plan, interval = EXCLUDED.interval,
  currency = EXCLUDED.currency, amount_minor = EXCLUDED.amount_minor,
  chosen_at = clock_timestamp()
RETURNING user_id
"""


class PlanChoices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, user_id: UUID) -> Choice | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(OF, user_id)
        if row is None:
            return None
        interval = Interval(row["interval"])
        return Choice(row["plan"], interval, row["currency"], row["amount_minor"])

    async def keep(self, user_id: UUID, choice: Choice) -> None:
        """In the place of an earlier one. Raises `Unauthenticated` when the account is gone."""
        row = (choice.plan, choice.interval.value, choice.currency, choice.amount_minor)
        async with self._database.transaction() as connection:
            if not await connection.fetchval(KEEP, user_id, *row):
                raise Unauthenticated
            await record(connection, "plan:chosen", user_id=user_id, plan=choice.plan)
