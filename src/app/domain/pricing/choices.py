"""The plans that people have chosen, each at the price they said yes to: for their account, or for
a sign-up whose number is proved, which goes on in any browser.
"""

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
HAVE_NONE = "DELETE FROM plan_choices WHERE user_id = $1"
PROVED = "purpose = 'signup' AND consumed_at IS NOT NULL AND user_id IS NULL"
KEEP_IN_FLOW = f"""
UPDATE phone_verifications SET plan = $2 WHERE flow_id = $1 AND {PROVED} AND ended_at IS NULL
"""
OF_NUMBER = f"""
SELECT plan FROM phone_verifications
WHERE phone = (
    SELECT phone FROM phone_verifications
    WHERE flow_id = $1 AND {PROVED} AND ended_at IS NULL LIMIT 1
  )
  AND plan IS NOT NULL AND {PROVED} AND consumed_at > clock_timestamp() - interval '20 hours'
ORDER BY consumed_at DESC LIMIT 1
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

    async def have_none(self, user_id: UUID) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(HAVE_NONE, user_id)
            await record(connection, "plan:given_up", user_id=user_id)

    async def keep_in_flow(self, flow_id: bytes, choice: Choice | None) -> None:
        """With the number that this sign-up has proved, if it has."""
        async with self._database.connection() as connection:
            await connection.execute(KEEP_IN_FLOW, flow_id, str(choice) if choice else None)

    async def of_number(self, flow_id: bytes) -> Choice | None:
        """What was chosen in whichever browser proved this flow's number last."""
        async with self._database.connection() as connection:
            return Choice.read(await connection.fetchval(OF_NUMBER, flow_id))
