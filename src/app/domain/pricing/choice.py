"""The plan someone picked, at the price they were shown: judged, and kept."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.domain.audit import AuditEvent, record
from app.domain.errors import Unauthenticated
from app.domain.ports import Database
from app.domain.pricing.catalogue import CODE, Catalogue, Interval, Price, price_of
from app.domain.pricing.money import display, is_known
from app.domain.pricing.prices import Current
from app.domain.sql import load_queries

LONGEST = 13  # digits of an amount


@dataclass(frozen=True, slots=True)
class Choice:
    """`amount_minor` is what the person saw and said yes to; it is never changed for them."""

    plan: str
    interval: Interval
    currency: str
    amount_minor: int

    def __str__(self) -> str:
        return f"{self.plan}.{self.interval}.{self.currency}.{self.amount_minor}"

    @classmethod
    def read(cls, kept: str | None) -> "Choice | None":
        """What `str` made; None for anything else."""
        parts = (kept or "").split(".")
        if len(parts) != 4:
            return None
        plan, interval, currency, amount = parts
        known = CODE.fullmatch(plan) and interval in list(Interval) and is_known(currency)
        minor = parse_minor_units(amount)
        return (
            cls(plan, Interval(interval), currency, minor) if known and minor is not None else None
        )


def parse_minor_units(digits: str) -> int | None:
    """An amount as it stands in a link or cookie."""
    fine = digits.isascii() and digits.isdecimal() and len(digits) <= LONGEST
    return int(digits) if fine else None


class State(StrEnum):
    """How a choice stands by the prices in effect."""

    HOLDS = "holds"
    CHANGED = "changed"  # it costs something else now: to be said yes to again
    GONE = "gone"  # it is no longer offered
    UNSURE = "unsure"  # the prices are not known, or old: to be confirmed


@dataclass(frozen=True, slots=True)
class ChoiceStatus:
    """`name` is the plan's, or its code where it is gone; `price` is today's, where there is one;
    `shown` is what the person said yes to.
    """

    choice: Choice
    state: State
    name: str
    price: Price | None
    shown: str
    known: bool = True  # whether the plan is offered at all


def read_choice(
    catalogue: Catalogue, code: str, period: str, currency: str, amount: str
) -> Choice | None:
    """What a link or form names. Without period, currency or amount: the first ones, and today's.
    None for a plan, period or currency that is not offered; where no prices are known, what is
    named in full is taken for the time being.
    """
    if not catalogue.priced:
        return Choice.read(f"{code}.{period}.{currency}.{amount}")
    if catalogue.plan(code) is None:
        return None
    if (period and period not in catalogue.intervals) or (
        amount and parse_minor_units(amount) is None
    ):
        return None
    interval = Interval(period) if period else catalogue.intervals[0]
    today = catalogue.price(code, interval, currency or catalogue.currencies[0])
    if today is None:
        return None
    seen = parse_minor_units(amount)
    return Choice(
        code, interval, currency or catalogue.currencies[0], today if seen is None else seen
    )


def assess_choice(choice: Choice, current: Current) -> ChoiceStatus:
    catalogue, shown = current.catalogue, display(choice.amount_minor, choice.currency)
    plan = catalogue.plan(choice.plan)
    name = plan.name if plan else choice.plan
    if not catalogue.priced or current.shown_as_of:
        return ChoiceStatus(choice, State.UNSURE, name, None, shown)
    if plan is None or catalogue.price(plan.code, choice.interval, choice.currency) is None:
        return ChoiceStatus(choice, State.GONE, name, None, shown, known=plan is not None)
    price = price_of(plan, choice.interval, choice.currency)
    same = price.amount_minor == choice.amount_minor
    return ChoiceStatus(choice, State.HOLDS if same else State.CHANGED, name, price, shown)


# The plans that people have chosen, each at the price they said yes to: for their account, or for a
# sign-up whose number is proved, which goes on in any browser.

sql = load_queries(__file__, "choice.sql")


class PlanChoices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_choice(self, user_id: UUID) -> Choice | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(*sql.find_choice(user_id=user_id))
        if row is None:
            return None
        interval = Interval(row["interval"])
        return Choice(row["plan"], interval, row["currency"], row["amount_minor"])

    async def save_choice(self, user_id: UUID, choice: Choice) -> None:
        """In the place of an earlier one. Raises `Unauthenticated` when the account is gone."""
        saved = sql.save_choice(
            user_id=user_id,
            plan=choice.plan,
            interval=choice.interval.value,
            currency=choice.currency,
            amount_minor=choice.amount_minor,
        )
        async with self._database.transaction() as connection:
            if not await connection.fetchval(*saved):
                raise Unauthenticated
            await record(connection, AuditEvent.PLAN_CHOSEN, user_id=user_id, plan=choice.plan)

    async def delete_choice(self, user_id: UUID) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(*sql.delete_choice(user_id=user_id))
            await record(connection, AuditEvent.PLAN_GIVEN_UP, user_id=user_id)

    async def save_choice_in_flow(self, flow_id: bytes, choice: Choice | None) -> None:
        """With the number that this sign-up has proved, if it has."""
        async with self._database.connection() as connection:
            await connection.execute(
                *sql.save_choice_in_flow(flow_id=flow_id, choice=str(choice) if choice else None)
            )

    async def find_choice_by_number(self, flow_id: bytes) -> Choice | None:
        """What was chosen in whichever browser proved this flow's number last."""
        async with self._database.connection() as connection:
            kept = await connection.fetchval(*sql.find_choice_by_number(flow_id=flow_id))
        return Choice.read(kept)
