"""Figures of the last days: codes, deliveries, refusals and the steps of a sign-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.domain.audit import AuditEvent
from app.domain.delivery.spending import MILLIONTHS
from app.domain.ports import Connection, Database, Record
from app.domain.sql import load_queries

sql = load_queries(__file__, "statistics.sql")

# GOV.UK Notify: first attempts that succeeded, of 19,855 views of its page for a code, and the mean
# time on it.
FIRST_TRY_BAR = 0.9  # at least
SECONDS_BAR = 38.0  # at most

LONGEST = 30  # days; messages are kept no longer
CODES_KEPT = 7  # days
STEPS = (
    AuditEvent.SIGNUP_CODE_SENT,
    AuditEvent.SIGNUP_PHONE_PROVED,
    AuditEvent.SIGNUP_EMAIL_PROVED,
    AuditEvent.SIGNUP_IDENTITY_PROVED,
    AuditEvent.SIGNUP_COMPLETED,
)
CLOCKS_APART = timedelta(minutes=5)  # at most, between a server and the database


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In seconds."""

    p50: float
    p95: float

    @classmethod
    def read(cls, values: Sequence[float | None] | None) -> "Percentiles | None":
        if not values or values[0] is None or values[1] is None:
            return None
        return cls(values[0], values[1])


@dataclass(frozen=True, slots=True)
class CodeFigures:
    """Of one channel. `guessed`: codes that somebody entered something for; `right_at_once`: those
    that were right with the first guess. `mean` and `until_proved` in seconds from code to proof.
    """

    channel: str
    codes: int
    guessed: int
    right_at_once: int
    proved: int
    mean: float | None
    until_proved: Percentiles | None

    @property
    def first_try(self) -> float | None:
        """The share of the guessed ones, 0 to 1."""
        return self.right_at_once / self.guessed if self.guessed else None

    @property
    def reaches_first_try_bar(self) -> bool | None:
        return None if self.first_try is None else self.first_try >= FIRST_TRY_BAR

    @property
    def reaches_seconds_bar(self) -> bool | None:
        return None if self.mean is None else self.mean <= SECONDS_BAR


@dataclass(frozen=True, slots=True)
class DeliveryFigures:
    """Of the codes to one region by one sender; `region` is '' for mails, `sender` for what none
    was given. `taken`: by a vendor; `arrived`: by its
    receipt. Seconds since it was queued.
    """

    channel: str
    region: str
    sender: str
    messages: int
    taken: int
    arrived: int
    until_taken: Percentiles | None
    until_arrived: Percentiles | None


@dataclass(frozen=True, slots=True)
class RefusalFigures:
    """Sends refused by one limit, each contact once an hour."""

    refusal: str
    limit: str
    times: int


@dataclass(frozen=True, slots=True)
class SignupCost:
    """What texts and calls to people who sign up have cost, and the accounts that were made. `cost`
    in millionths of the unit of `currency`, by the prices in force when each was queued.
    """

    currency: str
    cost: int
    accounts: int

    @property
    def of_one(self) -> float | None:
        """What a sign-up that was completed has cost, in units of the currency."""
        return self.cost / MILLIONTHS / self.accounts if self.accounts else None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of so many days until now; `codes` of `code_days`, as they are kept no longer. `steps` has
    how often each event of a sign-up happened, by its name; sign-ins by phone are among those of
    the phone. `cost` is None where no prices are in force.
    """

    days: int
    code_days: int
    codes: tuple[CodeFigures, ...]
    deliveries: tuple[DeliveryFigures, ...]
    refusals: tuple[RefusalFigures, ...]
    steps: dict[str, int]
    cost: SignupCost | None


async def gather_statistics(database: Database, days: int) -> Statistics:
    """Of at most `LONGEST` days."""
    code_days = min(days, CODES_KEPT)
    async with database.connection() as connection:
        steps = await count_steps(connection, days)
        return Statistics(
            days=days,
            code_days=code_days,
            codes=await count_codes(connection, code_days),
            deliveries=await count_deliveries(connection, days),
            refusals=await count_refusals(connection, days),
            steps=steps,
            cost=await sum_signup_cost(connection, days, steps[AuditEvent.SIGNUP_COMPLETED]),
        )


async def count_codes(connection: Connection, days: int) -> tuple[CodeFigures, ...]:
    now = datetime.now(UTC)
    first, last = now - timedelta(days=days) - CLOCKS_APART, now + CLOCKS_APART
    rows = await connection.fetch(
        *sql.count_codes(first_id=first_id(first), last_id=first_id(last), days=days)
    )
    return tuple(_code_figures(row) for row in rows)


async def count_deliveries(connection: Connection, days: int) -> tuple[DeliveryFigures, ...]:
    rows = await connection.fetch(*sql.count_deliveries(days=days))
    return tuple(
        DeliveryFigures(
            row["channel"],
            row["region"],
            row["sender"],
            row["messages"],
            row["taken"],
            row["arrived"],
            Percentiles.read(row["until_taken"]),
            Percentiles.read(row["until_arrived"]),
        )
        for row in rows
    )


async def count_refusals(connection: Connection, days: int) -> tuple[RefusalFigures, ...]:
    rows = await connection.fetch(*sql.count_refused_sends(days=days))
    return tuple(RefusalFigures(row["refusal"], row["limit_name"], row["times"]) for row in rows)


async def count_steps(connection: Connection, days: int) -> dict[str, int]:
    rows = await connection.fetch(*sql.count_events(events=list(STEPS), days=days))
    return dict.fromkeys(STEPS, 0) | {row["event"]: row["times"] for row in rows}


async def sum_signup_cost(connection: Connection, days: int, accounts: int) -> SignupCost | None:
    """`accounts`: as many were made in these days."""
    row = await connection.fetchrow(*sql.sum_signup_cost(days=days))
    return SignupCost(row["currency"], row["cost"], accounts) if row else None


def _code_figures(row: Record) -> CodeFigures:
    return CodeFigures(
        row["channel"],
        row["codes"],
        row["guessed"],
        row["right_at_once"],
        row["proved"],
        row["mean"],
        Percentiles.read(row["percentiles"]),
    )


def first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of that moment: 48 bits of milliseconds come first (RFC 9562 5.7)."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
